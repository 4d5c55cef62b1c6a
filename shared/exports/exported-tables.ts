import * as z from 'zod/mini';
import { isSecretName } from '../neutral-text.ts';
import { parse } from '../parse.ts';
import { type FileMappings, readMembers } from '../settings/file-mappings.ts';
import { isSameName } from '../settings/parse-settings.ts';
import type { ReadSettings } from '../settings/settings-document.ts';

/** One column of an exported file, named as its field in ServiceNow. */
export interface ExportedColumn {
  readonly name: string;
  /** How a date is written, such as `yyyy-MM-dd`; anything else is written as ServiceNow gives it. */
  readonly dateFormat: string | undefined;
  /** Whether people's form is wanted: a reference's name instead of its sys_id. */
  readonly isDisplayed: boolean;
}

/** A table of ServiceNow that becomes a file. */
export interface ExportedTable {
  readonly connection: string;
  readonly table: string;
  readonly columns: readonly ExportedColumn[];
  /** The columns by which Identity Manager knows a row. */
  readonly keyColumns: readonly string[];
  /** More deletions than that in one run are not believed, 0 for any number; `undefined` where no mapping says. */
  readonly mostDeleted: { readonly lines: number; readonly percent: number } | undefined;
}

/** What is to be exported, and what of it can't be. */
export interface ExportedTables {
  readonly tables: readonly ExportedTable[];
  readonly faults: readonly string[];
}

const flag = z._default(
  z.pipe(
    z.union(
      [z.boolean(), z.string().check(z.regex(/^(true|false|0|1)$/i, 'expected true or false'))],
      'expected true or false',
    ),
    z.transform((value) => value === true || /^(true|1)$/i.test(String(value))),
  ),
  false,
);
const NUMBER = 'expected a number, 0 for none';
const number = z._default(z.coerce.number(NUMBER).check(z.minimum(0, NUMBER)), 0);

const thresholds = { MaximumDeletedLines: number, MaxPercentageDeletedLines: number };

const property = z.looseObject({
  ConnectionColumn: z.optional(z.string()),
  Format: z.optional(z.string()),
  IsPrimaryKey: flag,
  DisplayValue: flag,
});
const entityType = z.looseObject({
  ConnectionTable: z.string('expected <connection>_<table>, got nothing'),
  Properties: z._default(z.array(property), []),
  ...thresholds,
});
const association = z.looseObject({
  ConnectionTable: z.string('expected <connection>_<table>, got nothing'),
  Column1: z.string('expected the name of a column, got nothing'),
  Column2: z.string('expected the name of a column, got nothing'),
  ...thresholds,
});

/**
 * Reads which tables are exported, with which columns: `EntityTypeMappings` and `EntityAssociationMappings` of `appsettings.agent.json`
 * and the elements of the vendor's XML configuration, the vendor's property names in both. Several mappings of one table become one
 * file with the columns of all. Tables of connections that the XML says to be of another package are left out.
 *
 * @throws HoldError, UnavailableError where the settings can't be read.
 */
export async function readExportedTables(readSettings: ReadSettings): Promise<ExportedTables> {
  const [entityTypes, associations, connections] = await Promise.all([
    readMembers(readSettings, 'EntityTypeMappings'),
    readMembers(readSettings, 'EntityAssociationMappings'),
    readMembers(readSettings, 'XmlConnections'),
  ]);
  const faults: string[] = [];
  const tables = new Map<string, ExportedTable>();
  const add = (name: string, found: ExportedTable | string) => {
    if (typeof found === 'string') faults.push(`${name}: ${found}`);
    else if (!isForeign(found.connection, connections.mappings)) {
      const key = `${found.connection}_${found.table}`;
      tables.set(key, merged(tables.get(key), found));
    }
  };
  for (const [name, data] of entityTypes.mappings)
    add(`EntityTypeMapping ${name}`, isTwice(entityTypes, name) ? TWICE : readEntityType(data));
  for (const [name, data] of associations.mappings)
    add(`EntityAssociationMapping ${name}`, isTwice(associations, name) ? TWICE : readAssociation(data));
  return { tables: [...tables.values()], faults };
}

const TWICE = 'expected one of that identifier, got more: keep one of them';

function isTwice({ duplicates }: FileMappings, name: string): boolean {
  return [...duplicates].some((other) => isSameName(other, name));
}

function isForeign(connection: string, connections: ReadonlyMap<string, unknown>): boolean {
  const [, data] = [...connections].find(([name]) => isSameName(name, connection)) ?? [];
  const known = parse(z.looseObject({ Package: z.string() }), data);
  return known.ok && !/servicenow/i.test(known.value.Package);
}

function readEntityType(data: unknown): ExportedTable | string {
  const parsed = parse(entityType, data);
  if (!parsed.ok) return parsed.faults.join('; ');
  const { ConnectionTable, Properties, ...limits } = parsed.value;
  const mapped = Properties.flatMap(({ ConnectionColumn: name, Format, IsPrimaryKey, DisplayValue }) =>
    name === undefined || name === ''
      ? []
      : [{ name, dateFormat: dateFormatOf(Format), isDisplayed: DisplayValue, IsPrimaryKey }],
  );
  const columns = mapped.map(({ IsPrimaryKey: _, ...column }) => column);
  const keyColumns = mapped.filter(({ IsPrimaryKey }) => IsPrimaryKey).map(({ name }) => name);
  return tableOf(ConnectionTable, columns, keyColumns, limits);
}

function readAssociation(data: unknown): ExportedTable | string {
  const parsed = parse(association, data);
  if (!parsed.ok) return parsed.faults.join('; ');
  const { ConnectionTable, Column1, Column2, ...limits } = parsed.value;
  const columns = [Column1, Column2].map((name) => ({ name, dateFormat: undefined, isDisplayed: false }));
  return tableOf(ConnectionTable, columns, [Column1, Column2], limits);
}

function tableOf(
  connectionTable: string,
  columns: readonly ExportedColumn[],
  keyColumns: readonly string[],
  limits: { readonly MaximumDeletedLines: number; readonly MaxPercentageDeletedLines: number },
): ExportedTable | string {
  // A connection's identifier holds no underscore.
  const [, connection, table] = /^([^_]+)_([a-z][a-z0-9_]{0,79})$/.exec(connectionTable) ?? [];
  if (connection === undefined || table === undefined)
    return `ConnectionTable: expected <connection>_<table>, got ${JSON.stringify(connectionTable.slice(0, 120))}`;
  if (columns.length === 0) return 'expected a Property with a ConnectionColumn, got none';
  const wrong = columns.find(({ name }) => !/^[a-z][a-z0-9_.]{0,199}$/.test(name));
  if (wrong) return `ConnectionColumn: expected the name of a field, got ${JSON.stringify(wrong.name.slice(0, 120))}`;
  const secret = columns.find(({ name }) => isSecretColumn(name));
  if (secret)
    return `ConnectionColumn ${secret.name}: expected no password: it is never exported, take it out of the mapping`;
  const { MaximumDeletedLines: lines, MaxPercentageDeletedLines: percent } = limits;
  const mostDeleted = lines === 0 && percent === 0 ? undefined : { lines, percent };
  return {
    connection,
    table,
    columns: withSysId(columns),
    keyColumns: keyColumns.length === 0 ? ['sys_id'] : keyColumns,
    mostDeleted,
  };
}

/** A flag about a password is none. */
function isSecretColumn(name: string): boolean {
  const last = name.slice(name.lastIndexOf('.') + 1);
  return isSecretName(last) && !/_(needs_reset|expired|reset|expires|expiry|date|on|at|count)$/.test(last);
}

function withSysId(columns: readonly ExportedColumn[]): readonly ExportedColumn[] {
  const distinct = columns.filter((column, index) => columns.findIndex(({ name }) => name === column.name) === index);
  if (distinct.some(({ name }) => name === 'sys_id')) return distinct;
  return [{ name: 'sys_id', dateFormat: undefined, isDisplayed: false }, ...distinct];
}

function merged(one: ExportedTable | undefined, other: ExportedTable): ExportedTable {
  if (!one) return other;
  return {
    ...one,
    columns: withSysId([...one.columns, ...other.columns]),
    keyColumns: [...new Set([...one.keyColumns, ...other.keyColumns])],
    mostDeleted: one.mostDeleted ?? other.mostDeleted,
  };
}

/** A pattern of .NET; the names that the vendor's formats have (`Date`, `Int32`, `Bool` …) mean what ServiceNow gives. */
function dateFormatOf(format: string | undefined): string | undefined {
  return format !== undefined && /yyyy/.test(format) ? format : undefined;
}
