import type { Database } from './database.ts';
import type { Field } from './field.ts';
import type { Row } from './row.ts';
import { gmt, type TimeZone } from './time-zone.ts';

/** A field as it is reached from a record, directly or over references. */
export interface Path {
  readonly field: Field;
  /** The record that holds the field; `undefined` where a reference on the way is empty or leads nowhere. */
  holder(row: Row): Row | undefined;
  /** The raw value, `''` for none. */
  value(row: Row): string;
  /** What people see instead of the value. */
  display(row: Row): string;
}

/**
 * Resolves "field" or "reference.reference.field" from a table on, or gives `undefined` for what the dictionary does not know.
 * @param zone of who looks: what people see is in it.
 */
export function readPath(database: Database, table: string, path: string, zone: TimeZone = gmt): Path | undefined {
  const dot = path.indexOf('.');
  const name = dot === -1 ? path : path.slice(0, dot);
  const field = database.dictionary.field(table, name);
  if (field === undefined) return undefined;
  if (dot !== -1) {
    if (field.type !== 'reference') return undefined;
    const rest = readPath(database, field.table, path.slice(dot + 1), zone);
    if (rest === undefined) return undefined;
    const target = (row: Row) => database.find(field.table, row[name] ?? '');
    return {
      field: rest.field,
      holder: (row) => mapDefined(target(row), rest.holder),
      value: (row) => mapDefined(target(row), rest.value) ?? '',
      display: (row) => mapDefined(target(row), rest.display) ?? '',
    };
  }
  return {
    field,
    holder: (row) => row,
    value: (row) => row[name] ?? '',
    display: (row) => displayValue(database, table, name, row, zone),
  };
}

/**
 * A choice's label, the display value of a referenced record, a journal's history, asterisks for a password, a time in
 * the user's zone; else the value itself. Users write times as the instance does.
 */
function displayValue(database: Database, table: string, name: string, row: Row, zone: TimeZone): string {
  const value = row[name] ?? '';
  const field = fieldOfClass(database, table, name, row);
  switch (field?.type) {
    case 'choice':
      return field.choices[value] ?? value;
    case 'reference': {
      const target = value === '' ? undefined : database.find(field.table, value);
      const display = database.dictionary.table(field.table)?.display;
      return target === undefined || display === undefined
        ? ''
        : displayValue(database, field.table, display, target, zone);
    }
    case 'sys_class_name':
      return database.dictionary.table(value)?.label ?? value;
    case 'password':
      return value === '' ? '' : '********';
    case 'journal':
      return database.history(row.sys_id ?? '', name, zone);
    case 'glide_date_time':
      return zone.fromUtc(value);
    default:
      return value;
  }
}

/** A record seen through its parent's table shows the labels of its own class. */
function fieldOfClass(database: Database, table: string, name: string, row: Row): Field | undefined {
  const { dictionary } = database;
  const className = row.sys_class_name ?? table;
  return (
    (dictionary.familyOf(table).includes(className) ? dictionary.field(className, name) : undefined) ??
    dictionary.field(table, name)
  );
}

function mapDefined<In, Out>(value: In | undefined, map: (value: In) => Out): Out | undefined {
  return value === undefined ? undefined : map(value);
}
