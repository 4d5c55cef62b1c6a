/**
 * What a failure means for the work in hand, the same for orders, polls, exports and passwords.
 *
 * - `transient`: the other side is unwell; the same work is tried again later, as often as it takes.
 * - `hold`: not the work but its surroundings are wrong (settings, credentials, rights); it waits without ageing,
 *   at most `HOLD_SECONDS` at a time, less where `retryAfterInSeconds` says so. `found` says what ServiceNow answered where
 *   all others will be told the same: its account or API is refused, what a mapping names is not there, or a request just made
 *   could not be completed.
 * - `permanent`: this one order or its mapping is wrong; only a person can repair it.
 */
export type Failure =
  | { readonly class: 'transient'; readonly retryAfterInSeconds?: number }
  | {
      readonly class: 'hold';
      readonly scope: string;
      readonly retryAfterInSeconds?: number;
      readonly found?: 'accountRefused' | 'notFound' | 'unfinished';
    }
  | { readonly class: 'permanent' };

/**
 * Base of every failure this program foresees. Its message says what was expected, what was got and what to do, and
 * never holds a secret. Whatever is thrown and is not one of these is a bug and is left to the platform.
 */
export abstract class ConnectorError extends Error {
  abstract readonly failure: Failure;
}

/** A transient failure of storage or the vault: nobody has to act unless it lasts. */
export class UnavailableError extends ConnectorError {
  override readonly name = 'UnavailableError' as const;
  readonly failure: Failure;

  constructor(message: string, options?: ErrorOptions & { readonly retryAfterInSeconds?: number }) {
    super(message, options);
    this.failure = { class: 'transient', ...waitOf(options?.retryAfterInSeconds) };
  }
}

/**
 * Something around the order has to be put right by an operator or an identity engineer: settings, credentials,
 * rights, a ticket that can't be read. `scope` names what is held: a connection, a resource type or one order.
 */
export class HoldError extends ConnectorError {
  override readonly name = 'HoldError' as const;
  readonly failure: Failure;

  constructor(
    scope: string,
    message: string,
    options?: ErrorOptions & {
      readonly retryAfterInSeconds?: number | undefined;
      readonly found?: 'accountRefused' | 'notFound';
    },
  ) {
    super(message, options);
    const { retryAfterInSeconds, found } = options ?? {};
    this.failure = { class: 'hold', scope, ...waitOf(retryAfterInSeconds), ...(found && { found }) };
  }
}

/** This order, or the mapping it uses, can't become a ticket; whoever made it has to repair it. */
export class PermanentError extends ConnectorError {
  override readonly name = 'PermanentError' as const;
  readonly failure: Failure = { class: 'permanent' };
}

/** The class of any thrown value; `undefined` for what nobody foresaw (a bug). */
export function failureOf(error: unknown): Failure | undefined {
  return error instanceof ConnectorError ? error.failure : undefined;
}

/** The message of any thrown value, for texts and logs. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A service's or a connection's own word for an error, such as `TableNotFound` or `ECONNREFUSED`. */
export function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

function waitOf(retryAfterInSeconds: number | undefined) {
  return retryAfterInSeconds === undefined ? {} : { retryAfterInSeconds };
}
