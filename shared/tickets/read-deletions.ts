import { failureOf } from '../errors.ts';
import type { Instance } from '../servicenow/client.ts';
import { idsPerCall } from '../servicenow/ids-per-call.ts';
import type { WithPermit } from '../servicenow/with-permit.ts';
import type { Deletion } from './end-open-ticket.ts';

const TABLE = 'sys_audit_delete';
const FIELDS = ['documentkey', 'sys_created_by', 'sys_created_on'] as const;

/**
 * Who deleted records and when, by sys_id, as far as the instance tells: most accounts may not read `sys_audit_delete`, not every
 * table is audited, and then nobody knows. Permission needed for more: read on that table.
 */
export async function readDeletions(
  instance: Instance,
  table: string,
  sysIds: readonly string[],
  withPermit: WithPermit,
): Promise<ReadonlyMap<string, Deletion>> {
  const found = new Map<string, Deletion>();
  const size = idsPerCall(instance.settings.server, TABLE, FIELDS);
  for (let start = 0; start < sysIds.length; start += size) {
    const ids = sysIds.slice(start, start + size);
    const query = {
      where: [['tablename', '=', table] as const, ['documentkey', 'IN', ids.join(',')] as const],
      fields: FIELDS,
      limit: ids.length,
    };
    try {
      const { records } = await withPermit(instance, 'reconcile', () => instance.tables.list(TABLE, query));
      for (const { documentkey: sysId = '', sys_created_by: by, sys_created_on: at } of records) {
        if (ids.includes(sysId)) found.set(sysId, { by: by || undefined, at: at || undefined });
      }
    } catch (error) {
      const failure = failureOf(error);
      if (!failure || failure.class === 'transient') throw error;
      return found;
    }
  }
  return found;
}
