import type { Dictionary } from '../dictionary.ts';
import type { Field } from '../field.ts';
import type { Row } from '../row.ts';
import type { Table } from '../table.ts';
import { allTables } from '../tables/all-tables.ts';
import { systemFields } from '../tables/system-fields.ts';
import { baseSysId } from './base-sys-id.ts';

interface DictionaryRow {
  readonly table: 'sys_db_object' | 'sys_dictionary';
  /** Unique within the table. */
  readonly key: string;
  readonly row: Row;
}

/**
 * Every table as a record of `sys_db_object`, and of `sys_dictionary` one record for itself and one for each field that
 * it defines. Inherited and system fields are with the table at the root, as on an instance.
 */
export function dictionaryRows(dictionary: Dictionary): readonly DictionaryRow[] {
  return allTables.flatMap((table) => [
    {
      table: 'sys_db_object' as const,
      key: table.name,
      row: {
        name: table.name,
        label: table.label,
        super_class: table.parent === undefined ? '' : baseSysId('sys_db_object', table.parent),
      },
    },
    entry(table, '', { internal_type: 'collection', column_label: table.label }),
    ...Object.entries(ownFields(dictionary, table)).map(([element, field]) =>
      entry(table, element, {
        internal_type: internalType(element, field),
        column_label: field.label,
        read_only: String(field.readOnly === true),
        max_length: String(maxLength(field)),
        reference: field.type === 'reference' ? field.table : '',
      }),
    ),
  ]);
}

function entry({ name }: Table, element: string, values: Row): DictionaryRow {
  return { table: 'sys_dictionary', key: `${name} ${element}`, row: { name, element, ...values } };
}

function ownFields(dictionary: Dictionary, { parent, fields }: Table): Readonly<Record<string, Field>> {
  if (parent === undefined) return { ...systemFields, ...fields };
  // A table that redefines an inherited field has no entry of its own for it, but an override.
  return Object.fromEntries(
    Object.entries(fields).filter(([element]) => dictionary.field(parent, element) === undefined),
  );
}

function internalType(element: string, field: Field): string {
  switch (field.type) {
    case 'choice':
      return Object.keys(field.choices).every((value) => /^-?\d+$/.test(value)) ? 'integer' : 'string';
    case 'journal':
      return field.readOnly ? 'journal_list' : 'journal_input';
    case 'string':
      return element === 'sys_id' ? 'GUID' : 'string';
    default:
      return field.type;
  }
}

function maxLength(field: Field): number {
  switch (field.type) {
    case 'string':
      return field.maxLength ?? 255;
    case 'reference':
      return 32;
    case 'journal':
      return 4000;
    case 'password':
      return 255;
    default:
      return 40;
  }
}
