import { hashPassword } from '../../../infra/local/servicenow/auth/hash-password.ts';
import type { PlannedReset } from '../plan/plan.ts';
import type { Evidence } from './evidence.ts';
import type { Finding } from './judge.ts';

/** Judges the password resets of a run by what was planned. Pure. */
export function judgeResets(resets: readonly PlannedReset[], evidence: Evidence): Finding[] {
  return resets.flatMap((reset) => (reset.source === 'plain' ? judgePlain : judgeReset)(reset, evidence));
}

/** Exactly one outcome; what the vault holds under its name is what the user has, and it has to be changed. */
function judgeReset(reset: PlannedReset, { passwordResults, passwords, users }: Evidence): Finding[] {
  const { deliveryId, connection, userName, password: given } = reset;
  const results = passwordResults.filter(({ ResultId }) => ResultId === deliveryId);
  const [first] = results;
  if (!first) return [{ kind: 'lost', text: `${deliveryId} has no result` }];
  const told = new Set(results.map(({ State, SecretName }) => `${State} ${SecretName}`));
  if (told.size > 1) return [{ kind: 'doubled', text: `${deliveryId} was told as ${[...told].join(' and as ')}` }];
  if (first.State === 'Errored')
    return [{ kind: 'wrongState', text: `${deliveryId} should be done, and was told to be Errored: ${first.Message}` }];
  const password = passwords.get(first.SecretName ?? '');
  if (password === undefined || (given !== undefined && password !== given))
    return [{ kind: 'lost', text: `${deliveryId} names secret ${first.SecretName}, and its password is not there` }];
  const user = users.find((one) => one.connection === connection && one.record.user_name === userName);
  if (user?.record.user_password !== hashPassword(password))
    return [{ kind: 'lost', text: `${deliveryId}: ${userName} has another password than secret ${first.SecretName}` }];
  return user.record.password_needs_reset === 'true'
    ? []
    : [{ kind: 'wrongState', text: `${deliveryId}: ${userName} need not change the password` }];
}

/** Refused: told so, in poison, and nothing was set. */
function judgePlain({ deliveryId, connection, userName }: PlannedReset, evidence: Evidence): Finding[] {
  const results = evidence.passwordResults.filter(({ ResultId }) => ResultId === deliveryId);
  const user = evidence.users.find((one) => one.connection === connection && one.record.user_name === userName);
  const isKept = evidence.poisonedResets.some(({ text }) => text.includes(`"${deliveryId}"`));
  return [
    ...(results.length === 0 ? [{ kind: 'lost', text: `${deliveryId} (plain) has no result` } as const] : []),
    ...(isKept ? [] : [{ kind: 'lost', text: `${deliveryId} (plain) is not in poison` } as const]),
    ...(results.some(({ State }) => State !== 'Errored') || user?.record.password_needs_reset === 'true'
      ? [{ kind: 'wrongState', text: `${deliveryId} (plain) should be Errored, and nothing set` } as const]
      : []),
  ];
}
