import { ConnectorError, UnavailableError } from '../errors.ts';

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
    throw new UnavailableError(`Storage could not ${what} (${statusOf(error) ?? 'no answer'}); it is tried again`, {
      cause: error,
    });
  }
}
