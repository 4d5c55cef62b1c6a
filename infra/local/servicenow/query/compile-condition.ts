import type { Database } from '../data/database.ts';
import { type Path, readPath } from '../data/read-path.ts';
import type { Row } from '../data/row.ts';
import type { TimeZone } from '../data/time-zone.ts';
import { compareValues } from './compare-values.ts';
import type { Condition } from './encoded-query.ts';

/**
 * Makes a test of rows of a condition, or gives `undefined` for a condition that the instance would ignore: an unknown
 * field, or a script as value (the simulator runs none).
 * Text is compared without regard to case, as the default database does. `=` on a reference compares the sys_id, the
 * text operators its display value. Ranges never match an empty value, "not equal" does. Times are those of the user's zone.
 */
export function compileCondition(
  database: Database,
  table: string,
  condition: Condition,
  zone: TimeZone,
): ((row: Row) => boolean) | undefined {
  const path = readPath(database, table, condition.field);
  if (path === undefined || condition.value.startsWith('javascript:')) return undefined;
  const wanted = condition.value.toLowerCase();
  const literal = (text: string) => (path.field.type === 'glide_date_time' ? zone.toUtc(text) : text);
  const value = (row: Row) => path.value(row).toLowerCase();
  const text = path.field.type === 'reference' ? (row: Row) => path.display(row).toLowerCase() : value;
  switch (condition.operator) {
    case '=':
    case '!=': {
      const bound = literal(wanted);
      const equal = condition.operator === '=';
      return (row) => (value(row) === bound) === equal;
    }
    case '>':
    case '>=':
    case '<':
    case '<=':
      return range(path, condition.operator, literal(condition.value));
    case 'BETWEEN': {
      const [from = '', to = ''] = condition.value.split('@');
      const above = range(path, '>=', literal(from));
      const below = range(path, '<=', literal(to));
      return (row) => above(row) && below(row);
    }
    case 'IN':
    case 'NOT IN': {
      const members = new Set(wanted.split(',').map(literal));
      const inside = condition.operator === 'IN';
      return (row) => members.has(value(row)) === inside;
    }
    case 'LIKE':
    case 'CONTAINS':
    case '*':
      return (row) => text(row).includes(wanted);
    case 'NOT LIKE':
    case 'NOTLIKE':
    case '!*':
      return (row) => !text(row).includes(wanted);
    case 'STARTSWITH':
      return (row) => text(row).startsWith(wanted);
    case 'ENDSWITH':
    case '%':
      return (row) => text(row).endsWith(wanted);
    case 'ISEMPTY':
    case 'EMPTYSTRING':
      return (row) => value(row) === '';
    case 'ISNOTEMPTY':
      return (row) => value(row) !== '';
    case 'ANYTHING':
      return () => true;
    case 'INSTANCEOF': {
      const family = new Set(database.dictionary.familyOf(condition.value));
      return (row) => family.has(path.value(row));
    }
    case 'SAMEAS':
    case 'NSAMEAS': {
      const other = readPath(database, table, condition.value);
      if (other === undefined) return undefined;
      const same = condition.operator === 'SAMEAS';
      return (row) => (value(row) === other.value(row).toLowerCase()) === same;
    }
  }
}

const holds = {
  '>': (order: number) => order > 0,
  '>=': (order: number) => order >= 0,
  '<': (order: number) => order < 0,
  '<=': (order: number) => order <= 0,
};

function range(path: Path, operator: keyof typeof holds, bound: string): (row: Row) => boolean {
  const compare = compareValues(path.field);
  return (row) => {
    const value = path.value(row);
    return value !== '' && holds[operator](compare(value, bound));
  };
}
