import { hash } from 'node:crypto';
import type { Database } from '../data/database.ts';
import type { Row } from '../data/row.ts';
import type { Upload } from './read-upload.ts';

/** Keeps a file, and makes its record. */
export function storeAttachment(database: Database, files: Map<string, Buffer>, upload: Upload, as: string): Row {
  const { tableName, tableSysId, fileName, contentType, bytes } = upload;
  const row = database.insert(
    'sys_attachment',
    {
      table_name: tableName,
      table_sys_id: tableSysId,
      file_name: fileName,
      content_type: contentType,
      size_bytes: String(bytes.length),
      hash: hash('sha256', bytes),
    },
    as,
  );
  files.set(row.sys_id ?? '', bytes);
  return row;
}
