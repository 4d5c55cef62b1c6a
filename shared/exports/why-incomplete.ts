import type { UnfinishedRun } from './export-state.ts';
import type { ExportedTable } from './exported-tables.ts';

/** Why a run's file lacks rows or values, or may; nothing where it lacks none. Pure. */
export function whyIncomplete(run: UnfinishedRun): readonly string[] {
  const reasons: string[] = [];
  if (run.Uncounted)
    reasons.push('ServiceNow did not count the rows (X-Total-Count), so nobody knows whether all came');
  if (run.Hidden > 0) reasons.push(`${run.Hidden} rows are hidden from the account: give it read access to them`);
  if (run.Missing.length > 0 && run.Rows > 0)
    reasons.push(
      `ServiceNow gives no ${run.Missing.join(', ')}: check the mapping, and that the account may read that`,
    );
  return reasons;
}

/**
 * What somebody should know of the users of an instance: a rule of it hides inactive ones from accounts that are no administrators, and
 * then nothing tells them from deleted ones. Pure.
 */
export function missesInactive(
  { table }: Pick<ExportedTable, 'table'>,
  filter: string | undefined,
  run: Pick<UnfinishedRun, 'Mode' | 'Rows' | 'InactiveSeen'>,
): boolean {
  const isAsked = table === 'sys_user' && !/(^|\^)active[=!]/.test(filter ?? '');
  return isAsked && run.Mode === 'complete' && run.Rows > 0 && !run.InactiveSeen;
}
