/** A login that ServiceNow refused: with which version of its settings, and how often since the last success. */
export interface StoppedLogin {
  readonly version: string;
  readonly failures: number;
}

/**
 * Which logins are stopped. Five failures in a row lock an account at ServiceNow, and with Basic every call is a login;
 * so the first refusal stops the login, and only settings of another version may be tried, once.
 */
export interface Logins {
  stopped(login: string): StoppedLogin | undefined;
  refused(login: string, version: string): StoppedLogin;
  accepted(login: string): void;
}

/** The logins of this process. Sharing them over all instances takes another implementation of the same port. */
export function makeLogins(): Logins {
  const stopped = new Map<string, StoppedLogin>();
  return {
    stopped: (login) => stopped.get(login),
    refused(login, version) {
      const stop = { version, failures: (stopped.get(login)?.failures ?? 0) + 1 };
      stopped.set(login, stop);
      return stop;
    },
    accepted: (login) => void stopped.delete(login),
  };
}
