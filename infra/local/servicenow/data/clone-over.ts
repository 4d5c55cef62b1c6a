import type { Database } from './database.ts';
import type { Row } from './row.ts';

/** Puts the tickets of another instance in the place of this one's, with their ids, times and numbers; nothing tells of it. */
export function cloneOver(database: Database, source: { records(table: string): readonly Row[] }): void {
  for (const { sys_id: sysId = '' } of [...database.rows('task')]) database.erase('task', sysId);
  for (const row of source.records('task')) {
    const { sys_id: sysId = '', sys_class_name: table = 'task' } = row;
    database.load(table, sysId, row);
    database.overwrite(table, sysId, row);
  }
}
