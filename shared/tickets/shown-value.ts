import { isSecretName, neutralLine, neutralText } from '../neutral-text.ts';

/** What a ticket's text shows of one value. */
export const LONGEST_SHOWN = 1_000;

/** What stands where a secret would. */
const NOT_SHOWN = '(not shown: agree on it with the person, never in this ticket)';

/**
 * An attribute's value as a person reads it: a navigation by its name, a list with commas, nothing as `(empty)`; what is
 * called like a secret is never shown. Neutral, and its lines are indented, so that none passes for a line of ours.
 */
export function shownValue(name: string, value: unknown, longest: number): string {
  if (isSecretName(name)) return NOT_SHOWN;
  if (value === null || value === undefined || value === '') return '(empty)';
  if (typeof value === 'object') {
    if (Array.isArray(value)) return value.map((item) => shownValue(name, item, longest)).join(', ');
    const members = Object.entries(value);
    // A pair of a name and a value, as some dictionaries are written.
    if (members.some(([member, of]) => /^(name|key)$/i.test(member) && typeof of === 'string' && isSecretName(of))) {
      return NOT_SHOWN;
    }
    const label = ['DisplayName', 'Label', 'Identifier', 'Id']
      .map((key) => members.find(([member]) => member === key)?.[1])
      .find((text) => typeof text === 'string');
    return typeof label === 'string'
      ? neutralLine(label, longest)
      : members
          .map(([member, of]) => `${neutralLine(member, 100)} ${shownValue(member, of, longest)}`)
          .join(', ')
          .slice(0, longest)
          .toWellFormed();
  }
  return neutralText(String(value), longest).replaceAll('\n', '\n    ');
}
