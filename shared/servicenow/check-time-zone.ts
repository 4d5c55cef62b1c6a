import { HoldError } from '../errors.ts';
import type { Instance } from './client.ts';
import type { Condition } from './encoded-query.ts';

/**
 * Looks whether times in queries mean GMT to this instance: it reads them in the API user's own time zone, and with
 * another one a search for what changed lately finds nothing and looks like success. Two calls, three where it fails.
 *
 * `which` chooses records of `table`, without a time in it; one of them is searched for by its own time of creation.
 * Says whether it could be told: without any record it can't, and nothing can be missed yet.
 *
 * @throws HoldError when the record is not found by its own time, or that time can't be read.
 */
export async function checkTimeZone(instance: Instance, table: string, which: readonly Condition[]): Promise<boolean> {
  const { identifier } = instance.settings;
  const find = async (where: readonly Condition[]) => {
    const { records } = await instance.tables.list(table, { where, fields: ['sys_id', 'sys_created_on'], limit: 1 });
    return records[0];
  };
  const { sys_id: sysId = '', sys_created_on: createdOn = '' } = (await find(which)) ?? {};
  if (sysId === '') return false;
  if (createdOn === '') {
    throw new HoldError(
      `connection ${identifier}`,
      `ServiceNow (connection "${identifier}") does not show when a ticket was created: let the account read sys_created_on of table ${table}`,
    );
  }
  const itself = ['sys_id', '=', sysId] as const;
  if (await find([itself, ['sys_created_on', '>=', createdOn], ['sys_created_on', '<=', createdOn]])) return true;
  // It may have been deleted since.
  if (!(await find([itself]))) return false;
  throw new HoldError(
    `connection ${identifier}`,
    `ServiceNow (connection "${identifier}") does not find a ticket by the time it was created at, so the API user's time zone is not GMT: set it to GMT, or no change of a ticket will be seen in time`,
  );
}
