import type { Dictionary } from './dictionary.ts';
import type { GeneratedRows } from './generated-rows.ts';
import type { Row } from './row.ts';

const firstNames = [
  'Ada',
  'Alan',
  'Barbara',
  'Chloé',
  'David',
  'Eva',
  'Grace',
  'Jürgen',
  'Maria',
  'Noor',
  'Tariq',
  'Zoë',
];
const lastNames = [
  "O'Brien",
  'Berg',
  'Fischer',
  'García',
  'Ivanova',
  'Kaya',
  'Lefèvre',
  'Meyer',
  'Nguyen',
  'Smith',
  'van Dijk',
];

/** So many are kept once they were looked at, for what has to look at all of them. */
const MOST_KEPT = 50_000;

/** Users that are the same for the same seed; their sys_ids are spread over all there can be, as those of an instance are. */
export function generatedUsers(
  dictionary: Dictionary,
  { count, seed, at }: { readonly count: number; readonly seed: number; readonly at: string },
): GeneratedRows {
  const defaults = Object.entries(dictionary.fieldsOf('sys_user')).map(([name, field]) => [name, field.default ?? '']);
  const constants = {
    ...Object.fromEntries(defaults),
    ...{ sys_created_on: at, sys_created_by: 'system', sys_updated_on: at, sys_updated_by: 'system' },
  };
  for (const name of ['sys_id', 'user_name', 'name', 'first_name', 'last_name', 'email', 'employee_number'])
    delete constants[name];
  const sysIdOf = (index: number) => {
    const place = Math.floor((index * 2 ** 48) / count)
      .toString(16)
      .padStart(12, '0');
    const [a, b] = [mix(index, seed), mix(index, seed + 1)];
    return `${place}${hex(a)}${hex(b)}${hex(a ^ b).slice(4)}`;
  };
  const kept: Row[] = [];
  return {
    count,
    constants,
    sysIdOf,
    rowOf: (index) => {
      const row = kept[index] ?? makeRow(index);
      if (count <= MOST_KEPT) kept[index] = row;
      return row;
    },
  };

  function makeRow(index: number): Row {
    const dice = mix(index, seed + 2);
    const first = firstNames[dice % firstNames.length] ?? '';
    const last = lastNames[(dice >>> 8) % lastNames.length] ?? '';
    // In the order in which they were made, which is not that of their sys_ids.
    const number = 1 + ((index * 7_919) % count);
    const userName = `user.${String(number).padStart(6, '0')}`;
    return {
      ...constants,
      sys_id: sysIdOf(index),
      user_name: userName,
      name: `${first} ${last}`,
      first_name: first,
      last_name: last,
      email: `${userName}@contoso.com`,
      employee_number: String(100_000 + number),
    };
  }
}

/** A number that looks like chance (the finalizer of murmur3). */
function mix(index: number, seed: number): number {
  let mixed = (index ^ Math.imul(seed, 0x9e3779b1)) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function hex(number: number): string {
  return (number >>> 0).toString(16).padStart(8, '0');
}
