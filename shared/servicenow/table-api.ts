import * as z from 'zod/mini';
import { parse } from '../parse.ts';
import { type Condition, encodedQuery } from './encoded-query.ts';
import { ServiceNowError } from './servicenow-error.ts';

/** A record as this program reads it: every value a string, references as sys_id, empty as ''. */
export type ServiceNowRecord = Readonly<Record<string, string>>;

/** One page of a table. */
export interface RecordPage {
  readonly records: readonly ServiceNowRecord[];
  /** Rows matching the query before read ACLs (`X-Total-Count`); `undefined` where the header did not come. */
  readonly totalCount: number | undefined;
  /** When the page was made, by the server's clock. */
  readonly servedAt: Date;
}

/** A query over one table. */
export interface RecordQuery {
  readonly where: readonly (Condition | readonly Condition[])[];
  readonly fields: readonly string[];
  readonly orderBy?: string;
  readonly limit: number;
  readonly offset?: number;
}

/** A request to a REST API of the instance, relative to what stands before `/api/` in `Server`. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly url: string;
  readonly query: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** A plain text as the body. */
  readonly text?: string;
  /** Called right before every single send; throws to forbid it. */
  readonly beforeSend?: () => void;
}

/** What an API call gave. */
export interface ApiAnswer {
  readonly result: unknown;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** The Table API of one connection. Every method throws ServiceNowError where it did not succeed. */
export interface TableApi {
  /** One page. Rights needed: read on the table and on the fields. */
  list(table: string, query: RecordQuery): Promise<RecordPage>;
  /** Makes one record and gives it back as stored. Rights needed: create on the table, write on the fields. */
  insert(
    table: string,
    values: ServiceNowRecord,
    fields: readonly string[],
    beforeSend: () => void,
  ): Promise<ServiceNowRecord>;
  /** Changes one record and gives it back as stored. Rights needed: write on the record and on the fields. */
  update(table: string, sysId: string, values: ServiceNowRecord, fields: readonly string[]): Promise<ServiceNowRecord>;
}

const recordSchema = z.record(
  z.string(),
  z.pipe(
    z.union([z.string(), z.looseObject({ value: z.string() })]),
    z.transform((value) => (typeof value === 'string' ? value : value.value)),
  ),
);

/** Builds the Table API over a way to call the instance; `server` is the connection's `Server`. */
export function makeTableApi(server: string, call: (request: ApiRequest) => Promise<ApiAnswer>): TableApi {
  const tableUrl = (table: string) => `${server}/${encodeURIComponent(table)}`;
  return {
    async list(table, { where, fields, orderBy, limit, offset = 0 }) {
      const { result, headers } = await call({
        method: 'GET',
        url: tableUrl(table),
        query: {
          sysparm_query: encodedQuery(where, orderBy),
          sysparm_fields: fields.join(','),
          sysparm_limit: String(limit),
          ...(offset > 0 && { sysparm_offset: String(offset) }),
          sysparm_exclude_reference_link: 'true',
        },
      });
      const records = parse(z.array(recordSchema), result);
      const servedAt = Date.parse(headers.date ?? '');
      if (!records.ok || Number.isNaN(servedAt))
        throw notUnderstood(table, records.ok ? ['Date header: expected a date'] : records.faults);
      const count = headers['x-total-count'] ?? '';
      return {
        records: records.value,
        totalCount: /^\d+$/.test(count) ? Number(count) : undefined,
        servedAt: new Date(servedAt),
      };
    },

    async insert(table, values, fields, beforeSend) {
      const { result } = await call({
        method: 'POST',
        url: tableUrl(table),
        query: { sysparm_fields: fields.join(','), sysparm_exclude_reference_link: 'true' },
        json: values,
        beforeSend,
      });
      return readRecord(table, result);
    },

    async update(table, sysId, values, fields) {
      const { result } = await call({
        method: 'PATCH',
        url: `${tableUrl(table)}/${encodeURIComponent(sysId)}`,
        query: { sysparm_fields: fields.join(','), sysparm_exclude_reference_link: 'true' },
        json: values,
      });
      return readRecord(table, result);
    },
  };
}

function readRecord(table: string, result: unknown): ServiceNowRecord {
  const record = parse(recordSchema, result);
  if (!record.ok || !record.value.sys_id)
    throw notUnderstood(table, record.ok ? ['sys_id: expected one'] : record.faults);
  return record.value;
}

function notUnderstood(table: string, faults: readonly string[]): ServiceNowError {
  return new ServiceNowError(
    `Expected records of table ${table}, got an answer of another shape: ${faults.slice(0, 3).join('; ')}`,
    {
      execution: 'unknown',
      failure: { class: 'transient' },
    },
  );
}
