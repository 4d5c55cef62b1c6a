import { AsyncLocalStorage } from 'node:async_hooks';
import type { InvocationContext } from '@azure/functions';
import { type Log, makeLog } from '../shared/log.ts';

const invocations = new AsyncLocalStorage<InvocationContext>();

/** Runs a handler so that everything it logs goes through its own invocation's context. */
export function inInvocation<T>(context: InvocationContext, handle: () => Promise<T>): Promise<T> {
  return invocations.run(context, handle);
}

/** The log that services are built with: it writes to whichever invocation is running. */
export const invocationLog: Log = makeLog({
  info: (line) => invocations.getStore()?.info(line),
  warn: (line) => invocations.getStore()?.warn(line),
  error: (line) => invocations.getStore()?.error(line),
});
