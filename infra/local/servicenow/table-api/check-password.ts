import type { Properties } from '../data/properties.ts';
import { Refusal } from '../refusal.ts';

const RULES = [
  ['at least 8 characters', /^.{8,}$/su],
  ['a lower-case letter', /[a-z]/],
  ['an upper-case letter', /[A-Z]/],
  ['a digit', /\d/],
] as const;

/**
 * Whether the instance takes a password for a user, where `glide.enable.password_policy` says that it looks at them.
 * Sources: "Available system properties" and "Password policies" of the product documentation; how a refusal reads is not documented, and
 * is here as that of any other update that a rule stops.
 * @throws Refusal for one that the policy does not take.
 */
export function checkPassword(properties: Properties, password: string): void {
  if (properties('glide.enable.password_policy') !== 'true') return;
  const broken = RULES.flatMap(([what, rule]) => (rule.test(password) ? [] : [what]));
  if (broken.length > 0)
    throw new Refusal(
      403,
      'Operation Failed',
      `Password does not meet the password policy: it needs ${broken.join(', ')}`,
    );
}
