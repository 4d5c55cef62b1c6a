import { UnavailableError } from '../errors.ts';
import type { Instance } from '../servicenow/client.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import type { WithPermit } from '../servicenow/with-permit.ts';
import { followedFieldsOf } from './ticket-tables.ts';

/** What became of records that were asked for by `sys_id`. */
export interface ReadBySysId {
  readonly found: ReadonlyMap<string, ServiceNowRecord>;
  /** Certainly not there, for this account or any other. */
  readonly gone: readonly string[];
  /** There, and not to be read by this account. */
  readonly hidden: readonly string[];
  /** The instance did not say. */
  readonly unknown: readonly string[];
  /** By the instance's own clock. */
  readonly servedAt: Date;
}

/**
 * Reads tickets by `sys_id`, as many as an address has room for in one call; one more call for each that did not come where the
 * count says that some of those are hidden and some are gone.
 *
 * @throws UnavailableError where something else came than was asked for: then nothing of the answer may be believed.
 * @throws ServiceNowError.
 */
export async function readBySysId(
  instance: Instance,
  asked: { readonly table: string; readonly keyFields: readonly string[]; readonly sysIds: readonly string[] },
  withPermit: WithPermit,
): Promise<ReadBySysId> {
  const { table, sysIds } = asked;
  const fields = followedFieldsOf(table, asked.keyFields);
  const read = async (ids: readonly string[]) => {
    const page = await withPermit(instance, 'reconcile', () =>
      instance.tables.list(table, { where: [['sys_id', 'IN', ids.join(',')]], fields, limit: ids.length }),
    );
    const stranger = page.records.find(({ sys_id: sysId = '' }) => !ids.includes(sysId));
    if (stranger) {
      throw new UnavailableError(
        `ServiceNow (connection "${instance.settings.identifier}") answered a search by sys_id in table ${table} with ${stranger.number}, which was not asked for`,
      );
    }
    return page;
  };
  const page = await read(sysIds);
  const found = new Map(page.records.map((record) => [record.sys_id ?? '', record]));
  const absent = sysIds.filter((sysId) => !found.has(sysId));
  const { totalCount, servedAt } = page;
  const none = { gone: [], hidden: [], unknown: [] };
  if (totalCount === undefined) return { ...none, found, servedAt, unknown: absent };
  // The count is taken before what the account may not read is left out.
  if (totalCount === found.size) return { ...none, found, servedAt, gone: absent };
  if (totalCount === sysIds.length) return { ...none, found, servedAt, hidden: absent };
  const [gone, hidden, unknown]: [string[], string[], string[]] = [[], [], []];
  for (const sysId of absent) {
    const { records, totalCount: count } = await read([sysId]);
    const [record] = records;
    if (record) found.set(sysId, record);
    else if (count === undefined) unknown.push(sysId);
    else if (count === 0) gone.push(sysId);
    else hidden.push(sysId);
  }
  return { found, servedAt, gone, hidden, unknown };
}
