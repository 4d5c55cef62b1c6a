import { HoldError } from '../errors.ts';
import type { Instance } from '../servicenow/client.ts';
import { isRefused } from '../servicenow/servicenow-error.ts';
import type { WithPermit } from '../servicenow/with-permit.ts';
import type { ExportedTable } from './exported-tables.ts';

/** Types of fields whose values are secrets, or ciphertext of some. */
const SECRET_TYPES = ['password', 'password2', 'glide_encrypted', 'encrypted_text'];
const MOST_ANCESTORS = 10;

/**
 * Looks in the instance's own dictionary whether a column holds passwords or encrypted values, whatever it is called. Where the
 * account may not read `sys_dictionary`, names alone tell; where not `sys_db_object`, what a table inherits is not looked at.
 *
 * @throws HoldError where one does: such values are never exported.
 */
export async function checkColumns(
  instance: Instance,
  { connection, table, columns }: ExportedTable,
  withPermit: WithPermit,
): Promise<void> {
  const own = columns.filter(({ name }) => !name.includes('.')).map(({ name }) => name);
  const far = columns.filter(({ name }) => name.includes('.')).map(({ name }) => name.slice(name.lastIndexOf('.') + 1));
  const records = await readable(() =>
    instance.tables.list('sys_dictionary', {
      where: [
        SECRET_TYPES.map((type) => ['internal_type', '=', type] as const),
        ['element', 'IN', [...new Set([...own, ...far])].join(',')],
      ],
      fields: ['sys_id', 'name', 'element', 'internal_type'],
      limit: 1_000,
    }),
  );
  if (records.length === 0) return;
  const tables = await lineage();
  // A column that is reached over a reference may be of any table.
  const secret = records.find(
    ({ name = '', element = '' }) => far.includes(element) || (own.includes(element) && tables.includes(name)),
  );
  if (secret === undefined) return;
  throw new HoldError(
    `table ${table}`,
    `Column ${secret.element} of table ${table} (connection "${connection}") holds ${secret.internal_type} values, which are never exported: take it out of the mapping`,
  );

  /** The table and all that it extends. */
  async function lineage(): Promise<readonly string[]> {
    const found = [table];
    while (found.length < MOST_ANCESTORS) {
      const where = [['name', '=', found.at(-1) ?? ''] as const];
      const [record] = await readable(() =>
        instance.tables.list('sys_db_object', { where, fields: ['sys_id', 'name', 'super_class.name'], limit: 1 }),
      );
      const parent = record?.name === found.at(-1) ? record?.['super_class.name'] : undefined;
      if (!parent) break;
      found.push(parent);
    }
    return found;
  }

  /** What the account may read of it. */
  async function readable(call: () => ReturnType<typeof instance.tables.list>) {
    try {
      return (await withPermit(instance, 'export', call)).records;
    } catch (error) {
      if (isRefused(error)) return [];
      throw error;
    }
  }
}
