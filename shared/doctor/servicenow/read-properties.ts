import type { TableApi } from '../../servicenow/table-api.ts';
import { readMeant } from './read-rows.ts';

/** The system properties that say something about a connection. */
const NAMES = [
  'glide.buildname',
  'glide.war',
  'glide.ui.autoclose.time',
  'glide.authenticate.basic_auth.restriction.enforce',
  'glide.oauth.inbound.client.credential.grant_type.enabled',
] as const;

/** Values of system properties by name; a property that can't be read, or is not set, is not in it. */
export type Properties = ReadonlyMap<(typeof NAMES)[number], string>;

/** Reads them in one call. Rights needed: read on sys_properties; without, there are none. */
export async function readProperties(tables: TableApi): Promise<Properties> {
  const rows = await readMeant(
    tables,
    'sys_properties',
    { where: [NAMES.map((name) => ['name', '=', name] as const)], fields: ['name', 'value'], limit: 50 },
    ({ value }) => value !== undefined,
  );
  return new Map(
    NAMES.flatMap((name) => {
      const value = rows?.find((row) => row.name === name)?.value;
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}
