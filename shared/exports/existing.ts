import type { Instance } from '../servicenow/client.ts';
import { idsPerCall } from '../servicenow/ids-per-call.ts';
import type { ReadPage } from './read-page.ts';

/** Which of these rows are there, or may be: a hidden one is. @throws ServiceNowError, HoldError. */
export async function existing(
  instance: Instance,
  { table, filter }: { readonly table: string; readonly filter: string | undefined },
  sysIds: readonly string[],
  readPage: ReadPage,
): Promise<ReadonlySet<string>> {
  const there = new Set<string>();
  const width = idsPerCall(`${instance.settings.server}${filter ?? ''}`, table, ['sys_id']);
  for (let start = 0; start < sysIds.length; start += width) {
    const some = sysIds.slice(start, start + width);
    const { records, totalCount } = await readPage(() =>
      instance.tables.list(table, {
        filter,
        where: [['sys_id', 'IN', some.join(',')]],
        fields: ['sys_id'],
        limit: some.length,
      }),
    );
    const isClear = totalCount === records.length;
    for (const sysId of isClear ? records.map((record) => record.sys_id ?? '') : some) there.add(sysId);
  }
  return there;
}
