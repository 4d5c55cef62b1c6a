import { acceptValue } from './accept-value.ts';
import type { Dictionary } from './dictionary.ts';
import type { Row } from './row.ts';

/** What of a client's values is stored in the record, and what becomes journal entries. */
export function acceptValues(dictionary: Dictionary, table: string, values: Row): { stored: Row; journal: Row } {
  const stored: Record<string, string> = {};
  const journal: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    const field = dictionary.field(table, name);
    if (field === undefined || field.readOnly) continue;
    const accepted = acceptValue(field, value);
    if (accepted === undefined) continue;
    if (field.type === 'journal') {
      if (accepted !== '') journal[name] = accepted;
    } else {
      stored[name] = accepted;
    }
  }
  return { stored, journal };
}
