import { HoldError } from '../errors.ts';
import type { Instance } from './servicenow.ts';

/**
 * Proves that times in queries mean GMT to this instance: it reads them in the API user's own time zone, and with
 * another one a search for what changed lately finds nothing and looks like success. One call.
 *
 * @param recordSysId a record of `table` that the account can read, created at `createdOn` as the instance says.
 * @throws HoldError when the record is not found by its own time of creation.
 */
export async function checkTimeZone(
  instance: Instance,
  table: string,
  recordSysId: string,
  createdOn: string,
): Promise<void> {
  const { records } = await instance.tables.list(table, {
    where: [
      ['sys_id', '=', recordSysId],
      ['sys_created_on', '>=', createdOn],
      ['sys_created_on', '<=', createdOn],
    ],
    fields: ['sys_id'],
    limit: 1,
  });
  if (records.length > 0) return;
  const { identifier } = instance.settings;
  throw new HoldError(
    `connection ${identifier}`,
    `ServiceNow (connection "${identifier}") does not find a ticket by the time it was created at, so the API user's time zone is not GMT: set it to GMT, or no change of a ticket will be seen in time`,
  );
}
