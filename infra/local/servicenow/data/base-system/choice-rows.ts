import type { Dictionary } from '../dictionary.ts';

/** A record of `sys_choice`. */
interface ChoiceRow {
  readonly name: string;
  readonly element: string;
  readonly value: string;
  readonly label: string;
  readonly sequence: string;
  readonly inactive: string;
  readonly dependent_value: string;
}

/** The tables whose choices people and clients ask for. */
const tables = ['task', 'incident', 'sc_request'];

/**
 * The choices of the dictionary as records, each under the table that defines them: what an incident has from `task`
 * (impact, urgency, contact_type), and requested items and catalog tasks their states, is under `task` only. A value that depends on others has a record for each of them.
 */
export function choiceRows(dictionary: Dictionary): readonly ChoiceRow[] {
  return tables.flatMap((name) =>
    Object.entries(dictionary.table(name)?.fields ?? {}).flatMap(([element, field]) => {
      if (field.type !== 'choice') return [];
      return Object.entries(field.choices).flatMap(([value, label], index) => {
        const row = {
          name,
          element,
          value,
          label,
          sequence: String(index + 1),
          inactive: String(field.inactive?.includes(value) === true),
        };
        const of = Object.entries(field.dependsOn ?? {}).flatMap(([other, values]) =>
          values.includes(value) ? [other] : [],
        );
        return (of.length === 0 ? [''] : of).map((dependent_value) => ({ ...row, dependent_value }));
      });
    }),
  );
}
