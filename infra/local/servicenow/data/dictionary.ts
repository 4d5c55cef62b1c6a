import type { Field, Fields } from './field.ts';
import type { Table } from './table.ts';
import { systemFields } from './tables/system-fields.ts';

/** What the instance knows about its tables. */
export interface Dictionary {
  table(name: string): Table | undefined;
  /** The table's own, inherited and system fields; the nearest definition of a name counts. */
  fieldsOf(table: string): Fields;
  field(table: string, name: string): Field | undefined;
  /** The table itself and all that extend it, directly or not. */
  familyOf(table: string): readonly string[];
  /** The table itself and all that it extends, the nearest first. */
  ancestryOf(table: string): readonly string[];
}

export function makeDictionary(definitions: readonly Table[]): Dictionary {
  const tables = new Map(definitions.map((table) => [table.name, table]));
  const lineage = (name: string): Table[] => {
    const table = tables.get(name);
    if (table === undefined) return [];
    return table.parent === undefined ? [table] : [...lineage(table.parent), table];
  };
  const fields = new Map<string, ReadonlyMap<string, Field>>();
  const objects = new Map<string, Fields>();
  const families = new Map<string, readonly string[]>();
  const ancestries = new Map<string, readonly string[]>();
  for (const { name } of definitions) {
    const all: Fields = Object.assign({}, systemFields, ...lineage(name).map((table) => table.fields));
    objects.set(name, all);
    fields.set(name, new Map(Object.entries(all)));
    ancestries.set(
      name,
      lineage(name)
        .map((table) => table.name)
        .reverse(),
    );
    families.set(
      name,
      definitions
        .filter((other) => lineage(other.name).some((table) => table.name === name))
        .map((other) => other.name),
    );
  }
  return {
    table: (name) => tables.get(name),
    fieldsOf: (table) => objects.get(table) ?? {},
    field: (table, name) => fields.get(table)?.get(name),
    familyOf: (table) => families.get(table) ?? [],
    ancestryOf: (table) => ancestries.get(table) ?? [],
  };
}
