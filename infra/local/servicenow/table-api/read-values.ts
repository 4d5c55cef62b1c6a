import { hashPassword } from '../auth/hash-password.ts';
import type { Database } from '../data/database.ts';
import type { Properties } from '../data/properties.ts';
import type { Row } from '../data/row.ts';
import type { TimeZone } from '../data/time-zone.ts';
import type { ApiRequest } from '../requests/api-request.ts';
import { parseObject } from '../requests/parse-object.ts';
import { toText } from '../requests/to-text.ts';
import { checkPassword } from './check-password.ts';

/**
 * The values of a write's JSON body as the instance stores them: strings. Of several records only the first counts; what
 * is neither text, number, boolean nor null is left out.
 * With `displayZone` (`sysparm_input_display_value`), labels of choices and names of records are resolved, times are those
 * of that zone, and a password is hashed; without it a password is stored as it came, and nobody can log in with it.
 * @throws Refusal 400 when the body is not JSON, 403 for a password that the policy does not take.
 */
export function readValues(
  database: Database,
  table: string,
  { body }: ApiRequest,
  displayZone: TimeZone | undefined,
  properties: Properties,
): Row {
  return Object.fromEntries(
    Object.entries(parseObject(body)).flatMap(([name, value]) => {
      const text = toText(value);
      if (text === undefined) return [];
      if (!displayZone) return [[name, text]];
      if (database.dictionary.field(table, name)?.type === 'password' && text !== '') checkPassword(properties, text);
      return [[name, resolveDisplayValue(database, table, name, text, displayZone)]];
    }),
  );
}

function resolveDisplayValue(database: Database, table: string, name: string, text: string, zone: TimeZone): string {
  const field = database.dictionary.field(table, name);
  switch (field?.type) {
    case 'password':
      return text === '' ? '' : hashPassword(text);
    case 'choice':
      return Object.entries(field.choices).find(([, label]) => label === text)?.[0] ?? text;
    case 'reference': {
      const display = database.dictionary.table(field.table)?.display;
      if (display === undefined || text === '' || database.find(field.table, text) !== undefined) return text;
      for (const row of database.rows(field.table)) if (row[display] === text) return row.sys_id ?? text;
      return text;
    }
    case 'glide_date_time':
      return zone.toUtc(text);
    default:
      return text;
  }
}
