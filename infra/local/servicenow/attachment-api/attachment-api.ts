import type { Access } from '../access/access.ts';
import { writeRefusal } from '../access/write-refusal.ts';
import type { Database } from '../data/database.ts';
import type { Row } from '../data/row.ts';
import type { TimeZone } from '../data/time-zone.ts';
import type { CompileOptions } from '../query/compile-query.ts';
import { methodNotSupported, recordNotFound } from '../refusals.ts';
import { type Answer, json } from '../requests/answer.ts';
import type { ApiRequest } from '../requests/api-request.ts';
import { checkMediaTypes } from '../requests/check-media-types.ts';
import { listRecords } from '../table-api/list-records.ts';
import { readTableParameters } from '../table-api/table-parameters.ts';
import type { AttachmentTarget } from './attachment-target.ts';
import { headerText } from './header-text.ts';
import { presentAttachment } from './present-attachment.ts';
import { readUpload } from './read-upload.ts';
import { storeAttachment } from './store-attachment.ts';

export interface AttachmentApiDependencies extends CompileOptions {
  readonly database: Database;
  readonly access: Access;
  /** The files by the sys_id of their attachment. */
  readonly files: Map<string, Buffer>;
  zoneOfUser(user: Row): TimeZone;
  /** The instance's address: links are made of it. */
  origin(): string;
}

/** So many attachments are listed where no limit is named. */
const defaultLimit = 1000;

/**
 * Answers the Attachment API for a user who is logged in. To see an attachment one must be allowed to read its record, to
 * add or delete one to change it too.
 * @throws Refusal for what the instance refuses; what may not be read is not there.
 * Source: "Attachment API" of the product documentation.
 */
export function makeAttachmentApi(
  dependencies: AttachmentApiDependencies,
): (request: ApiRequest, target: AttachmentTarget, user: Row) => Answer {
  const { database, access, files, origin } = dependencies;
  const readable = (user: Row, sysId: string): Row => {
    const row = access.findReadable(user, 'sys_attachment', sysId);
    if (row === undefined) throw recordNotFound();
    return row;
  };
  const upload = (request: ApiRequest, user: Row): Answer => {
    const file = readUpload(request);
    if (access.findReadable(user, file.tableName, file.tableSysId) === undefined) throw recordNotFound();
    if (!access.mayUseTable(user, file.tableName, 'write')) throw writeRefusal('create');
    const row = storeAttachment(database, files, file, user.user_name ?? '');
    const headers = { Location: `${origin()}/api/now/attachment/${row.sys_id}/file` };
    const answer = json(201, { result: presentAttachment(database, origin(), row) }, headers);
    return { ...answer, committed: true, ...(request.headers['x-no-response-body'] === 'true' && { body: '' }) };
  };
  const remove = (sysId: string, user: Row): Answer => {
    const { table_name = '' } = readable(user, sysId);
    if (!access.mayUseTable(user, table_name, 'write')) throw writeRefusal('delete');
    database.remove('sys_attachment', sysId, user.user_name ?? '');
    files.delete(sysId);
    return { status: 204, headers: {}, body: '', committed: true };
  };
  const content = (row: Row): Answer => ({
    status: 200,
    headers: {
      'Content-Type': row.content_type ?? '',
      'X-Attachment-Metadata': headerText(presentAttachment(database, origin(), row)),
    },
    body: files.get(row.sys_id ?? '') ?? '',
  });

  return (request, target, user) => {
    const { method } = request;
    // Files are of any type.
    if (target.resource !== 'content') checkMediaTypes({ headers: request.headers, body: '' });
    switch (target.resource) {
      case 'list':
        if (method !== 'GET') throw methodNotSupported(method);
        return list(dependencies, request.query, user);
      case 'upload':
        if (method !== 'POST') throw methodNotSupported(method);
        return upload(request, user);
      case 'metadata':
        if (method === 'DELETE') return remove(target.sysId, user);
        if (method !== 'GET') throw methodNotSupported(method);
        return json(200, { result: presentAttachment(database, origin(), readable(user, target.sysId)) });
      case 'content':
        if (method !== 'GET') throw methodNotSupported(method);
        return content(readable(user, target.sysId));
    }
  };
}

function list(
  { database, access, zoneOfUser, origin, invalidQueryReturnsNoRows }: AttachmentApiDependencies,
  query: URLSearchParams,
  user: Row,
): Answer {
  const { limit, offset } = readTableParameters(query);
  if (!access.mayUseTable(user, 'sys_attachment', 'read')) return json(200, { result: [] });
  const encoded = new URLSearchParams({ sysparm_query: query.get('sysparm_query') ?? '' });
  const window = { limit: query.get('sysparm_limit') ? limit : defaultLimit, offset };
  const { rows } = listRecords(database, 'sys_attachment', encoded, window, zoneOfUser(user), {
    invalidQueryReturnsNoRows,
    isShown: access.recordReader(user, 'sys_attachment'),
  });
  return json(200, { result: rows.map((row) => presentAttachment(database, origin(), row)) });
}
