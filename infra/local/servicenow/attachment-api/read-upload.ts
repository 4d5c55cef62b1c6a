import { Refusal } from '../refusal.ts';
import type { ApiRequest } from '../requests/api-request.ts';

/** A file for a record. */
export interface Upload {
  readonly tableName: string;
  readonly tableSysId: string;
  readonly fileName: string;
  readonly contentType: string;
  readonly bytes: Buffer;
}

/**
 * Reads the parameters and the raw body of an upload.
 * @throws Refusal 400 without one of the parameters, 415 without a content type, which is mandatory; the documentation
 * does not give the words.
 */
export function readUpload({ query, headers, bytes }: ApiRequest): Upload {
  const parameters = ['table_name', 'table_sys_id', 'file_name'] as const;
  const missing = parameters.filter((name) => !query.get(name));
  if (missing.length > 0)
    throw new Refusal(400, 'Missing parameters', `Parameters are mandatory: ${missing.join(', ')}`);
  const contentType = headers['content-type'] ?? '';
  if (contentType === '') throw new Refusal(415, 'Unsupported media type', 'Content type is mandatory');
  const [tableName = '', tableSysId = '', fileName = ''] = parameters.map((name) => query.get(name) ?? '');
  return { tableName, tableSysId, fileName, contentType, bytes };
}
