import type { Instance } from '../servicenow/client.ts';
import type { WithPermit } from '../servicenow/with-permit.ts';

/** What the markers of all installations begin with. */
const ANY_INSTALLATION = 'IdentityManager/';

/**
 * How many tickets of other installations and connections there are, by table; one call each. A table whose count does not come
 * is left out. @throws ServiceNowError.
 */
export async function countForeign(
  instance: Instance,
  tables: Iterable<string>,
  marker: string,
  withPermit: WithPermit,
): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const table of tables) {
    const { totalCount } = await withPermit(instance, 'reconcile', () =>
      instance.tables.list(table, {
        where: [
          ['correlation_display', 'STARTSWITH', ANY_INSTALLATION],
          ['correlation_display', '!=', marker],
        ],
        fields: ['sys_id'],
        limit: 1,
      }),
    );
    if (totalCount !== undefined) counts[table] = totalCount;
  }
  return counts;
}
