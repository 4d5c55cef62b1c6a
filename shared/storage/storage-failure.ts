import { ConnectorError, codeOf, UnavailableError } from '../errors.ts';

/** The HTTP status that an Azure client's error carries; `undefined` for anything else. */
export function statusOf(error: unknown): number | undefined {
  return typeof error === 'object' && error !== null && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;
}

/** Runs a call to storage and turns whatever it throws into an `UnavailableError` that says what was being done. */
export async function reaching<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof ConnectorError) throw error;
    const answer = [statusOf(error) ?? 'no answer', codeOf(error)].filter((part) => part !== undefined).join(' ');
    // Not the cause itself: an error of the SDK carries the request, and with it the token.
    throw new UnavailableError(`Storage could not ${what} (${answer}); it is tried again`, {
      cause: new Error(answer),
    });
  }
}
