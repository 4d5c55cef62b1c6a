/** How many characters of each kind a password has at least, and how many in all: what the counts leave open is drawn. */
export interface PasswordForm {
  readonly length: number;
  readonly lowerCase: number;
  readonly upperCase: number;
  readonly digits: number;
  readonly symbols: number;
  /** A password has to match all of them. */
  readonly strength: readonly RegExp[];
}

/** A whole number from 0 to `below` - 1, each as likely. */
export type Draw = (below: number) => number;

const KINDS = [
  ['lowerCase', 'abcdefghijklmnopqrstuvwxyz'],
  ['upperCase', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'],
  ['digits', '0123456789'],
  // Without quotes, backslash and angle brackets, which get lost between forms, files and mails.
  ['symbols', '!#$%&()*+,-./:;=?@[]^_{|}~'],
] as const;

/** Every second draw or so matches expressions that say no more than the counts do; rarer ones are not worth waiting for. */
const MOST_DRAWS = 1_000;

/**
 * Draws a password; `undefined` where none of many draws matched the strength expressions. Where the counts exceed the length,
 * their sum is the length; where they fall short, the rest is drawn from the kinds that are asked for, from lower case where
 * none is (the vendor's "PasswordResetSettings"). Every password of that form is as likely as every other one with the
 * same numbers of each kind.
 */
export function generatePassword(form: PasswordForm, draw: Draw): string | undefined {
  const asked = KINDS.filter(([kind]) => form[kind] > 0);
  const padding = (asked.length > 0 ? asked : KINDS.slice(0, 1)).map(([, characters]) => characters).join('');
  for (let draws = 0; draws < MOST_DRAWS; draws += 1) {
    const characters = asked.flatMap(([kind, from]) => Array.from({ length: form[kind] }, () => oneOf(from, draw)));
    while (characters.length < form.length) characters.push(oneOf(padding, draw));
    const password = shuffled(characters, draw).join('');
    if (form.strength.every((expression) => expression.test(password))) return password;
  }
  return undefined;
}

function oneOf(characters: string, draw: Draw): string {
  return characters.charAt(draw(characters.length));
}

/** Fisher and Yates: every order is as likely. */
function shuffled(items: readonly string[], draw: Draw): string[] {
  const left = [...items];
  return items.map(() => left.splice(draw(left.length), 1).join(''));
}
