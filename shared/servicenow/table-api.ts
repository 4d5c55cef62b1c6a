import * as z from 'zod/mini';
import { type Parsed, parse } from '../parse.ts';
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
  /** An encoded query from the settings that has to hold too, as `readFilters` gives it. */
  readonly filter?: string | undefined;
  readonly where: readonly (Condition | readonly Condition[])[];
  readonly fields: readonly string[];
  /** Those of the fields of which people's form is wanted instead of the value: names for references, labels for choices. */
  readonly displayed?: ReadonlySet<string>;
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
  /**
   * Changes one record and gives it back as stored. Rights needed: write on the record and on the fields. `input`: how all values of
   * the body are read; as `displayed` a password is hashed (`sysparm_input_display_value`), and stored raw without.
   */
  update(
    table: string,
    sysId: string,
    values: ServiceNowRecord,
    fields: readonly string[],
    input?: 'displayed',
  ): Promise<ServiceNowRecord>;
}

const recordSchema = z.record(
  z.string(),
  z.pipe(
    z.union([z.string(), z.looseObject({ value: z.string() })]),
    z.transform((value) => (typeof value === 'string' ? value : value.value)),
  ),
);

const bothForms = z.record(
  z.string(),
  z.looseObject({ value: z.string(), display_value: z.nullable(z.string()) }, 'expected a value in both its forms'),
);

/** Builds the Table API over a way to call the instance; `server` is the connection's `Server`. */
export function makeTableApi(server: string, call: (request: ApiRequest) => Promise<ApiAnswer>): TableApi {
  const tableUrl = (table: string) => `${server}/${encodeURIComponent(table)}`;
  return {
    async list(table, { filter, where, fields, displayed, orderBy, limit, offset = 0 }) {
      const { result, headers } = await call({
        method: 'GET',
        url: tableUrl(table),
        query: {
          sysparm_query: [...(filter === undefined ? [] : [filter]), encodedQuery(where, orderBy)].join('^'),
          sysparm_fields: fields.join(','),
          sysparm_limit: String(limit),
          ...(offset > 0 && { sysparm_offset: String(offset) }),
          sysparm_exclude_reference_link: 'true',
          ...(displayed?.size && { sysparm_display_value: 'all' }),
        },
      });
      const records = displayed?.size ? readBothForms(result, displayed) : readRecords(result);
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

    async update(table, sysId, values, fields, input) {
      const { result } = await call({
        method: 'PATCH',
        url: `${tableUrl(table)}/${encodeURIComponent(sysId)}`,
        query: {
          sysparm_fields: fields.join(','),
          sysparm_exclude_reference_link: 'true',
          ...(input === 'displayed' && { sysparm_input_display_value: 'true' }),
        },
        json: values,
      });
      return readRecord(table, result);
    },
  };
}

/** A page has tens of thousands of values, nearly all of which are texts already. */
function readRecords(result: unknown): Parsed<ServiceNowRecord[]> {
  if (Array.isArray(result) && result.every(isPlain)) return { ok: true, value: result };
  return parse(z.array(recordSchema), result);
}

function isPlain(record: unknown): record is ServiceNowRecord {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) return false;
  for (const value of Object.values(record)) if (typeof value !== 'string') return false;
  return true;
}

function readBothForms(result: unknown, displayed: ReadonlySet<string>): Parsed<ServiceNowRecord[]> {
  const records = parse(z.array(bothForms), result);
  if (!records.ok) return records;
  const formOf = ([name, { value, display_value: shown }]: [string, z.infer<typeof bothForms>[string]]) => [
    name,
    displayed.has(name) ? (shown ?? '') : value,
  ];
  return { ok: true, value: records.value.map((record) => Object.fromEntries(Object.entries(record).map(formOf))) };
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
