import { HoldError, UnavailableError } from '../../errors.ts';
import { MOST_FAILURES, type StoppedLogin } from '../../limits/judge-login.ts';
import type { Logins } from '../../limits/logins.ts';
import type { ConnectionSettings } from '../../secrets/connection-settings.ts';
import type { Connections } from '../../secrets/connections.ts';
import type { Instance } from '../../servicenow/client.ts';
import { loginOf } from '../../servicenow/password-use.ts';
import type { ServiceNow } from '../../servicenow/servicenow.ts';
import { type LoginAttempt, tryLogin } from '../../servicenow/try-login.ts';
import { describePage } from './describe-page.ts';
import { explainRefusedLogin } from './explain-refused-login.ts';
import { type Finding, failed, notProven, ok, warning } from './finding.ts';
import { lookThroughAnother } from './look-through-another.ts';

/** What the one try to sign in came to; an instance only where it was accepted. */
export interface CheckedLogin {
  readonly finding: Finding;
  readonly instance: Instance | undefined;
}

/**
 * Tries to sign in once, where the login may be tried at all, and says what a refusal is about. Without the right to
 * write table `limits` nothing is tried, for a refusal would not be counted.
 *
 * @throws ServiceNowError, UnavailableError where the login was neither accepted nor refused.
 */
export async function checkLogin(
  settings: ConnectionSettings,
  others: readonly string[],
  deps: Parameters<typeof tryLogin>[1] & {
    readonly connections: Connections;
    readonly logins: Logins;
    readonly serviceNow: ServiceNow;
  },
): Promise<CheckedLogin> {
  try {
    const attempt = await tryLogin(settings, deps);
    if (attempt.kind === 'accepted') return { finding: accepted(attempt), instance: attempt.instance };
    if (attempt.kind !== 'refused') return { finding: notTried(attempt, settings), instance: undefined };
    return { finding: await refused(attempt), instance: undefined };
  } catch (error) {
    const forbidden = forbiddenIn(error);
    if (forbidden !== undefined) return { finding: await notCounted(forbidden), instance: undefined };
    if (!(error instanceof HoldError)) throw error;
    const remedy = 'Run the check again in a minute.';
    return { finding: failed(`The login could not be tried: ${error.message}.`, remedy), instance: undefined };
  }

  async function notCounted(answer: string): Promise<Finding> {
    let stop: StoppedLogin | undefined;
    try {
      stop = await deps.logins.stopped(loginOf(settings));
    } catch {
      // It may not be read either.
    }
    const what = stop
      ? `${historyOf(stop, settings)}. Nothing was tried now`
      : `Whether ServiceNow accepts the login of ${whoOf(settings)} was not tried`;
    const found = `${what}: a refusal has to be counted in table limits, and this identity may not use that (${answer}).`;
    const remedy =
      'Give who runs this the role Storage Table Data Contributor on table limits, or let somebody run it who has it; a new role takes up to 10 minutes.';
    return stop ? failed(found, remedy) : notProven(found, remedy);
  }

  async function refused({ answer, withToken, stop }: Extract<LoginAttempt, { kind: 'refused' }>): Promise<Finding> {
    const { identifier, credentials, root } = settings;
    const isLast = stop !== undefined && stop.failures >= MOST_FAILURES;
    const until = isLast ? 'an operator releases it' : 'its settings change';
    const counted = stop ? ` It is refusal ${stop.failures} in a row; nobody uses the login until ${until}.` : '';
    const hint = stop ? ` ${isLast ? releaseHint(identifier) : insteadHint(identifier)}` : '';
    const from = credentials.kind === 'oauth' && !withToken ? credentials.tokenUrl : root;
    const page = describePage(answer, new URL(from).host);
    // A proxy that asks for a login of its own.
    if (page && answer.body !== '') return failed(`${page.message}${counted}`, `${page.remedy ?? ''}${hint}`.trim());
    const { message, remedy } = explainRefusedLogin({
      grant: credentials.kind === 'basic' ? 'basic' : credentials.grant.type,
      answer,
      withToken,
      failures: stop?.failures ?? 0,
      hasScope: credentials.kind === 'oauth' && Boolean(credentials.scope),
      seen: await lookThroughAnother(settings, others, deps),
    });
    return failed(
      `ServiceNow refused the login of ${whoOf(settings)} (${answer.status}). ${message}${counted}`,
      `${remedy}${hint}`,
    );
  }
}

function accepted({ instance: { settings }, wasStopped }: Extract<LoginAttempt, { kind: 'accepted' }>): Finding {
  const { credentials, concurrencyLimit } = settings;
  const way = credentials.kind === 'basic' ? 'Basic authentication' : `OAuth (${credentials.grant.type})`;
  const restored = wasStopped ? ` It had been stopped since ${wasStopped.stoppedAt.toISOString()}; that is over.` : '';
  const message = `ServiceNow accepted the login of ${whoOf(settings)}, by ${way}.${restored}`;
  if (credentials.kind === 'oauth') return ok(message);
  return concurrencyLimit > 3
    ? warning(message, 'ConcurrencyLimit is cut to 3 with Basic, for every call is a login: use OAuth for more.')
    : ok(message);
}

function notTried(
  attempt: Extract<LoginAttempt, { kind: 'stopped' | 'exhausted' | 'busy' }>,
  settings: ConnectionSettings,
): Finding {
  const { identifier } = settings;
  if (attempt.kind === 'busy') {
    return failed(
      `Nothing was tried: ServiceNow refused the login of ${whoOf(settings)} a short while ago, and another instance is looking whether it works again, or it works with newer settings by now.`,
      'Run the check again in a minute.',
    );
  }
  const history = historyOf(attempt.stop, settings);
  if (attempt.kind === 'exhausted') {
    return failed(
      `${history}, and one more refusal locks the account. Nothing was tried.`,
      `Put user and password right, and see that the account is not locked. ${releaseHint(identifier)}`,
    );
  }
  return failed(
    `${history}, and its settings are still the same. Nothing was tried.`,
    `Change Login, Password or the OAuth settings; the new ones are tried by themselves. ${insteadHint(identifier)}`,
  );
}

function historyOf({ failures, stoppedAt }: StoppedLogin, settings: ConnectionSettings): string {
  return `The login of ${whoOf(settings)} has been stopped since ${stoppedAt.toISOString()}: ServiceNow refused it ${times(failures)}`;
}

/** What storage answered, where it forbade something. */
function forbiddenIn(error: unknown): string | undefined {
  if (!(error instanceof UnavailableError) || !(error.cause instanceof Error)) return undefined;
  return error.cause.message.startsWith('403') ? error.cause.message : undefined;
}

function releaseHint(identifier: string): string {
  return `Then allow one more try: \`npm run connections -- release ${identifier}\`.`;
}

function insteadHint(identifier: string): string {
  return `If the account was put right and not the settings: \`npm run connections -- release ${identifier}\` allows one more try.`;
}

function whoOf({ credentials }: ConnectionSettings): string {
  if (credentials.kind === 'basic') return `user ${credentials.login}`;
  const { grant, clientId } = credentials;
  return grant.type === 'password' ? `user ${grant.login}` : `OAuth client ${clientId}`;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
