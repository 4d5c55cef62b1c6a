import type { LoggedRequest } from './logged-request.ts';

/** What the instance was asked. */
export interface RequestLog {
  readonly requests: readonly LoggedRequest[];
  add(request: LoggedRequest): void;
  clear(): void;
  /**
   * Resolves with the next request that `predicate` holds for, as soon as it is dealt with.
   * @throws Error when none has come in time, or the instance was closed.
   */
  waitFor(predicate: (request: LoggedRequest) => boolean, timeoutInMs: number): Promise<LoggedRequest>;
  /** Ends all waiting. */
  close(): void;
}

export function makeRequestLog(): RequestLog {
  const requests: LoggedRequest[] = [];
  const waiters = new Set<{ see(request: LoggedRequest): void; fail(error: Error): void }>();
  return {
    requests,
    add(request) {
      requests.push(request);
      for (const waiter of waiters) waiter.see(request);
    },
    clear: () => void requests.splice(0),
    waitFor(predicate, timeoutInMs) {
      const { promise, resolve, reject } = Promise.withResolvers<LoggedRequest>();
      const end = () => {
        clearTimeout(timer);
        waiters.delete(waiter);
      };
      const waiter = {
        see(request: LoggedRequest) {
          try {
            if (!predicate(request)) return;
            resolve(request);
          } catch (error) {
            reject(error);
          }
          end();
        },
        fail(error: Error) {
          end();
          reject(error);
        },
      };
      const timer = setTimeout(
        () => waiter.fail(new Error(`Expected a matching request within ${timeoutInMs} ms, got none`)),
        timeoutInMs,
      );
      waiters.add(waiter);
      return promise;
    },
    close() {
      for (const waiter of waiters) waiter.fail(new Error('Expected a matching request, got the end of the simulator'));
    },
  };
}
