import type { Access } from '../access/access.ts';
import { writeRefusal } from '../access/write-refusal.ts';
import type { Database } from '../data/database.ts';
import type { Properties } from '../data/properties.ts';
import type { Row } from '../data/row.ts';
import type { TimeZone } from '../data/time-zone.ts';
import type { CompileOptions } from '../query/compile-query.ts';
import { Refusal } from '../refusal.ts';
import { invalidTable, methodNotSupported, recordNotFound } from '../refusals.ts';
import { type Answer, json } from '../requests/answer.ts';
import type { ApiRequest } from '../requests/api-request.ts';
import { checkMediaTypes } from '../requests/check-media-types.ts';
import { linkHeader } from './link-header.ts';
import { listRecords } from './list-records.ts';
import { presentRecord } from './present-record.ts';
import { readValues } from './read-values.ts';
import { readTableParameters } from './table-parameters.ts';
import type { TableTarget } from './table-target.ts';

export interface TableApiDependencies extends CompileOptions {
  readonly database: Database;
  readonly access: Access;
  readonly properties: Properties;
  zoneOfUser(user: Row): TimeZone;
  /** The instance's address: links are made of it, never of the request's Host header. */
  origin(): string;
}

/**
 * Answers the Table API for a user who is logged in, as far as their roles allow: of a record they see the fields that
 * they may read, and write the fields that they may write; the others are left out without a word. Conditions and orders
 * of a query may name any field.
 * @throws Refusal for what the instance refuses.
 * Source: "Table API" of the product documentation.
 */
export function makeTableApi(
  dependencies: TableApiDependencies,
): (request: ApiRequest, target: TableTarget, user: Row) => Answer {
  const { database, access, properties } = dependencies;
  return (request, target, user) => {
    if (database.dictionary.table(target.table) === undefined) throw invalidTable(target.table);
    checkMediaTypes(request);
    const { table, sysId } = target;
    const parameters = readTableParameters(request.query);
    const tableApiUrl = `${dependencies.origin()}/api/now/table`;
    const zone = dependencies.zoneOfUser(user);
    const mayRead = access.pathReader(user, table);
    const present = presentRecord(database, tableApiUrl, table, { ...parameters, zone, mayRead });
    const userName = user.user_name ?? '';
    const values = (operation: 'create' | 'write') => {
      if (!access.mayUseTable(user, table, operation)) throw writeRefusal(operation);
      const sent = readValues(database, table, request, parameters.inputDisplayValue ? zone : undefined, properties);
      const closed = access.closedFields(user, table, operation);
      return Object.fromEntries(Object.entries(sent).filter(([name]) => !closed.has(name)));
    };
    const answer = (status: number, row: Row, headers = {}): Answer =>
      request.headers['x-no-response-body'] === 'true' && request.method !== 'GET'
        ? { status, headers, body: '' }
        : json(status, { result: present(row) }, headers);

    if (sysId === undefined) {
      if (request.method === 'GET') return list(dependencies, request, target, user, present);
      if (request.method !== 'POST') throw methodNotSupported(request.method);
      const row = database.insert(table, values('create'), userName);
      return { ...answer(201, row, { Location: `${tableApiUrl}/${table}/${row.sys_id}` }), committed: true };
    }
    const readable = access.findReadable(user, table, sysId);
    if (!['GET', 'PUT', 'PATCH', 'DELETE'].includes(request.method)) throw methodNotSupported(request.method);
    if (readable === undefined) throw recordNotFound();
    if (request.method === 'GET') return answer(200, readable);
    if (request.method === 'DELETE') {
      if (!access.mayUseTable(user, table, 'delete')) throw writeRefusal('delete');
      database.remove(table, sysId, userName);
      return { status: 204, headers: {}, body: '', committed: true };
    }
    return { ...answer(200, database.update(table, sysId, values('write'), userName)), committed: true };
  };
}

function list(
  { database, access, zoneOfUser, origin, invalidQueryReturnsNoRows }: TableApiDependencies,
  request: ApiRequest,
  { table, version }: TableTarget,
  user: Row,
  present: (row: Row) => object,
): Answer {
  if (!access.mayUseTable(user, table, 'read')) throw new Refusal(403, 'Insufficient rights to query records', null);
  const parameters = readTableParameters(request.query);
  const page = listRecords(database, table, request.query, parameters, zoneOfUser(user), {
    invalidQueryReturnsNoRows,
    isFound: access.beforeQuery(user, table),
    isShown: access.recordReader(user, table),
  });
  if (version === 'v1' && page.rows.length === 0) throw recordNotFound();
  const { limit, offset, noCount, noPaginationHeader } = parameters;
  const { windowLength, total } = page;
  const link = linkHeader(origin(), request, { offset, limit, windowLength, ...(!noCount && { total }) });
  return json(
    200,
    { result: page.rows.map(present) },
    {
      'X-Total-Count': String(noCount ? windowLength : total),
      ...(link !== undefined && !noPaginationHeader && { Link: link }),
    },
  );
}
