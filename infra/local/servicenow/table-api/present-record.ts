import type { Database } from '../data/database.ts';
import { type Path, readPath } from '../data/read-path.ts';
import type { Row } from '../data/row.ts';
import type { TimeZone } from '../data/time-zone.ts';
import type { TableParameters } from './table-parameters.ts';

/** How records are wanted, and by whom. */
type Shape = Pick<TableParameters, 'fields' | 'display' | 'excludeLinks'> & {
  readonly zone: TimeZone;
  mayRead(path: string): boolean;
};

/**
 * Gives the function that makes a record's JSON: strings only, references as `{link, value}` with links from the
 * instance's own address, dot-walked fields under their path. Fields that the dictionary does not know or the user
 * may not read are left out.
 */
export function presentRecord(
  database: Database,
  tableApiUrl: string,
  table: string,
  shape: Shape,
): (row: Row) => Record<string, unknown> {
  const names = shape.fields ?? Object.keys(database.dictionary.fieldsOf(table));
  const columns = names.flatMap((name) => {
    const path = shape.mayRead(name) ? readPath(database, table, name, shape.zone) : undefined;
    return path === undefined ? [] : [{ name, present: presentValue(path, tableApiUrl, shape) }];
  });
  return (row) => Object.fromEntries(columns.map(({ name, present }) => [name, present(row)]));
}

function presentValue(
  path: Path,
  tableApiUrl: string,
  { display, excludeLinks }: Pick<Shape, 'display' | 'excludeLinks'>,
): (row: Row) => unknown {
  const { field } = path;
  // A journal reads back empty; only its display value is the history.
  const value = field.type === 'journal' ? () => '' : path.value;
  const link = (row: Row) =>
    field.type === 'reference' && !excludeLinks && value(row) !== ''
      ? { link: `${tableApiUrl}/${field.table}/${value(row)}` }
      : undefined;
  if (display === 'all') return (row) => ({ display_value: path.display(row), value: value(row), ...link(row) });
  if (display === 'true') {
    return (row) => {
      const linked = link(row);
      return linked === undefined ? path.display(row) : { display_value: path.display(row), ...linked };
    };
  }
  return (row) => {
    const linked = link(row);
    return linked === undefined ? value(row) : { ...linked, value: value(row) };
  };
}
