import type { TableApi } from '../../servicenow/table-api.ts';
import { readRows } from './read-rows.ts';

/** One access control of the instance that is in force. */
export interface AccessControl {
  /** `incident`, `*`, `incident.correlation_id`, `task.*` … */
  readonly name: string;
  readonly operation: string;
  /** Names of the roles of which one is needed; none means everybody. */
  readonly roles: readonly string[];
  /** Whether an administrator passes whatever it says. */
  readonly adminOverrides: boolean;
  /** Whether a condition or a script decides, too. */
  readonly isConditional: boolean;
  /** Whether it denies whom it does not let pass, on top of what others allow ("Deny Unless", since release Xanadu). */
  readonly deniesUnless: boolean;
}

/** Controls are asked for by name, so many at a time that the address stays short. */
const NAMES_A_CALL = 25;
const IDS_A_CALL = 25;
const MOST_ROWS = 1_000;

/**
 * The access controls with one of these names for creating and changing records, `undefined` where they can't all be read.
 * Rights needed: read on sys_security_acl and sys_security_acl_role, which only security administrators have.
 */
export async function readControls(
  tables: TableApi,
  names: readonly string[],
): Promise<readonly AccessControl[] | undefined> {
  const controls = await readInChunks(
    tables,
    'sys_security_acl',
    { field: 'name', values: names, size: NAMES_A_CALL },
    [
      'sys_id',
      'name',
      'operation',
      'type',
      'active',
      'admin_overrides',
      'condition',
      'script',
      'advanced',
      'decision_type',
    ],
  );
  const wanted = controls?.filter(
    ({ name = '', operation, type, active }) =>
      active === 'true' &&
      type === 'record' &&
      names.includes(name) &&
      (operation === 'create' || operation === 'write'),
  );
  if (!wanted) return undefined;
  const links = await readInChunks(
    tables,
    'sys_security_acl_role',
    { field: 'sys_security_acl', values: wanted.map(({ sys_id = '' }) => sys_id), size: IDS_A_CALL },
    ['sys_security_acl', 'sys_user_role.name'],
  );
  if (!links || links.some((link) => link['sys_user_role.name'] === undefined)) return undefined;
  return wanted.map((row) => ({
    name: row.name ?? '',
    operation: row.operation ?? '',
    roles: links.filter((link) => link.sys_security_acl === row.sys_id).map((link) => link['sys_user_role.name'] ?? ''),
    adminOverrides: row.admin_overrides !== 'false',
    isConditional: Boolean(row.condition) || (row.advanced !== 'false' && Boolean(row.script)),
    deniesUnless: row.decision_type === 'deny',
  }));
}

/** All rows whose field has one of the values; `undefined` where any may be missing. */
async function readInChunks(
  tables: TableApi,
  table: string,
  { field, values, size }: { readonly field: string; readonly values: readonly string[]; readonly size: number },
  fields: readonly string[],
) {
  const found = [];
  for (let start = 0; start < values.length; start += size) {
    const where = [values.slice(start, start + size).map((value) => [field, '=', value] as const)];
    const rows = await readRows(tables, table, { where, fields, limit: MOST_ROWS });
    if (rows.kind === 'unreadable' || rows.totalCount !== rows.records.length) return undefined;
    // A dropped condition gives rows of other values.
    if (rows.records.some((record) => !values.includes(record[field] ?? ''))) return undefined;
    found.push(...rows.records);
  }
  return found;
}
