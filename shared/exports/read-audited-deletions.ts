import type { Instance } from '../servicenow/client.ts';
import { readAll } from '../servicenow/read-all.ts';
import { isRefused } from '../servicenow/servicenow-error.ts';
import { toServiceNowTime } from '../servicenow/servicenow-time.ts';
import type { ReadPage } from './read-page.ts';

/**
 * The sys_ids of rows of these classes that ServiceNow says were deleted since then; none where the account may not read
 * `sys_audit_delete`, or the table is not audited. Right needed: read on that table.
 *
 * @throws ServiceNowError, HoldError.
 */
export async function readAuditedDeletions(
  instance: Instance,
  classes: readonly string[],
  since: Date,
  readPage: ReadPage,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const query = {
    where: [
      ['tablename', 'IN', classes.join(',')] as const,
      ['sys_created_on', '>=', toServiceNowTime(since)] as const,
    ],
    fields: ['sys_id', 'tablename', 'documentkey'],
  };
  try {
    // What was not asked for is not believed: a condition that is not understood is dropped.
    for await (const { records } of readAll(
      instance.tables,
      'sys_audit_delete',
      query,
      instance.settings.pageSize,
      readPage,
    ))
      for (const { documentkey: sysId = '', tablename = '' } of records)
        if (classes.includes(tablename) && /^[\w.-]{1,32}$/.test(sysId)) found.add(sysId);
  } catch (error) {
    if (!isRefused(error)) throw error;
  }
  return found;
}
