import type { CheckResult } from '../check-result.ts';

/** What a check found; its name is added by who runs it. */
export type Finding = Omit<CheckResult, 'name' | 'connection'>;

/** Everything is as it has to be. */
export function ok(message: string): Finding {
  return { status: 'ok', message };
}

/** It works, but somebody should look at it. */
export function warning(message: string, remedy: string): Finding {
  return { status: 'warning', message, remedy };
}

/** It does not work. */
export function failed(message: string, remedy: string): Finding {
  return { status: 'failed', message, remedy };
}

/** It can't be told; `remedy` says what would prove it. */
export function notProven(message: string, remedy: string): Finding {
  return { status: 'notProven', message, remedy };
}
