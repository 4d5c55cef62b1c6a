import { ConnectorError } from '../errors.ts';

/**
 * What a failure says to somebody who asked once, for whom nothing tries again. Of one that nobody foresaw only its kind:
 * its text may hold anything.
 */
export function sayFailure(error: unknown): string {
  if (error instanceof ConnectorError) return error.message.replace(/; it is tried again$/, '');
  return error instanceof Error ? `unexpected ${error.name}` : 'unexpected failure';
}
