import * as z from 'zod/mini';
import { parseJson } from '../../parse.ts';
import type { LoginEvidence } from './explain-refused-login.ts';
import type { LoginCause } from './login-causes.ts';

const texts = z.looseObject({
  error: z.optional(
    z.union([z.string(), z.looseObject({ message: z.optional(z.unknown()), detail: z.optional(z.unknown()) })]),
  ),
  error_description: z.optional(z.unknown()),
});

/** Texts that some releases give; most say the same for everything. The first that is found counts; codes before prose. */
const WORDS: readonly (readonly [pattern: RegExp, cause: LoginCause])[] = [
  [/invalid_scope/i, 'wrongScope'],
  [/invalid_client/i, 'wrongClient'],
  [/unsupported_grant_type/i, 'grantOff'],
  [/lock(ed)? ?out|is locked|account locked/i, 'lockedOut'],
  [/multi-?\s?factor|\bmfa\b|second factor/i, 'multiFactor'],
  [
    /restrictbasicauth|(?=.*\bbasic\b)(?=.*\b(restrict|den(y|ied)|block|disable|not (allowed|permitted)))/is,
    'basicRestricted',
  ],
  [/password (needs|has|must)\b.*\b(reset|chang)/i, 'passwordNeedsReset'],
  [/not active|inactive|disabled user|user is disabled/i, 'inactive'],
  [/application user/i, 'applicationUserMissing'],
  [/unauthorized_client/i, 'grantOff'],
];

/** The cause that the answer itself names, by its header of multi-factor authentication or by its words. */
export function causeInWords({
  answer,
  grant,
}: LoginEvidence): { readonly cause: LoginCause; readonly source: string } | undefined {
  if (answer.headers['x-mfa_token'] !== undefined) {
    return { cause: 'multiFactor', source: 'The answer carries header X-MFA_TOKEN, which is for that alone.' };
  }
  const text = wordsIn(answer.body);
  // A token is given whether Basic authentication is restricted or not.
  const found = WORDS.find(
    ([pattern, cause]) => (grant === 'basic' || cause !== 'basicRestricted') && pattern.test(text),
  );
  const source = 'The instance says so itself.';
  if (found) return { cause: found[1], source };
  // The words for a wrong user or password of one grant, and for a missing user of the other.
  if (!/invalid_grant/i.test(text)) return undefined;
  return { cause: grant === 'client_credentials' ? 'applicationUserMissing' : 'wrongPassword', source };
}

function wordsIn(body: string): string {
  const parsed = parseJson(texts, body);
  if (!parsed.ok) return '';
  const { error, error_description: description } = parsed.value;
  const parts = typeof error === 'object' ? [error.message, error.detail] : [error];
  return [...parts, description]
    .filter((part) => typeof part === 'string')
    .join('\n')
    .slice(0, 2_000);
}
