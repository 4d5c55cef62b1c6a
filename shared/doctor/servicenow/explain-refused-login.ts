import type { HttpAnswer } from '../../servicenow/read-answer.ts';
import { causeInWords } from './cause-in-words.ts';
import { failuresFirst, LIKELY } from './likely-causes.ts';
import { type LoginCause, loginCauses } from './login-causes.ts';
import { causeInFacts, type SeenAccount } from './seen-account.ts';

/** Everything that is known about a refused login; it holds no secret but what `answer` may repeat. */
export interface LoginEvidence {
  readonly grant: 'basic' | 'password' | 'client_credentials';
  /** The refusal as it came. */
  readonly answer: HttpAnswer;
  /** A token was given, and a call with it refused. */
  readonly withToken: boolean;
  /** How often in a row the login has been refused, by what is on record. */
  readonly failures: number;
  readonly hasScope: boolean;
  /** What the instance says about the account, read through another connection. */
  readonly seen: SeenAccount | undefined;
}

/** Why a login was refused, and what to do about it. */
export interface LoginExplanation {
  /** One where it is known, else all that are possible, the likeliest first. */
  readonly causes: readonly LoginCause[];
  readonly message: string;
  readonly remedy: string;
}

/**
 * Explains a refused login: by the header of multi-factor authentication, by the instance's own words where its release
 * has any, by what another connection sees, and else by what is likely. Pure and total; repeats nothing of the answer.
 */
export function explainRefusedLogin(evidence: LoginEvidence): LoginExplanation {
  const known = causeInWords(evidence) ?? causeInFacts(evidence);
  if (known) {
    const { sentence, remedy } = loginCauses[known.cause];
    return { causes: [known.cause], message: `${sentence} ${known.source}`, remedy };
  }
  const causes = failuresFirst(LIKELY[evidence.withToken ? 'withToken' : evidence.grant], evidence);
  const list = causes.map((cause, index) => `(${index + 1}) ${loginCauses[cause].short}`).join(', ');
  const remedies = causes.map((cause, index) => `(${index + 1}) ${loginCauses[cause].remedy}`).join(' ');
  return {
    causes,
    message: `The instance does not say why. It is one of, the likeliest first: ${list}.`,
    remedy: `Look at them in this order. ${remedies}`,
  };
}
