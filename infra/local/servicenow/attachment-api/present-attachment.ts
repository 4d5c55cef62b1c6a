import type { Database } from '../data/database.ts';
import type { Row } from '../data/row.ts';

/** What the API tells of an attachment: its record, in strings, and where the file is. */
export function presentAttachment(database: Database, origin: string, row: Row): Record<string, string> {
  const names = Object.keys(database.dictionary.fieldsOf('sys_attachment'));
  return {
    ...Object.fromEntries(names.map((name) => [name, row[name] ?? ''])),
    download_link: `${origin}/api/now/attachment/${row.sys_id}/file`,
  };
}
