import type { Database } from '../data/database.ts';
import type { Row } from '../data/row.ts';
import { hashPassword } from './hash-password.ts';

/** After so many refused logins in a row an account is locked, for so long. Source: "Lockout for failed logins" of the product documentation. */
const attemptsAllowed = 5;
const lockedForInMs = 15 * 60_000;

/** Who may log in. */
export interface Accounts {
  /**
   * The user of a login and password, or `undefined`: unknown, inactive, locked or wrong.
   * A wrong password counts, a right one starts the count anew; at a locked account nothing is right.
   */
  logIn(login: string, password: string): Row | undefined;
  /** The user of a name as long as they are active and not locked. */
  active(login: string): Row | undefined;
  setPassword(login: string, password: string): void;
  failedLogins(login: string): number;
  mostFailedLogins(): number;
}

export function makeAccounts(database: Database, now: () => Date): Accounts {
  const failures = new Map<string, number>();
  const lockedSince = new Map<string, number>();
  const sysIds = new Map<string, string>();
  let most = 0;

  const findUser = (login: string): Row | undefined => {
    const known = database.find('sys_user', sysIds.get(login) ?? '');
    if (known?.user_name === login) return known;
    for (const row of database.rows('sys_user')) {
      if (row.user_name !== login) continue;
      sysIds.set(login, row.sys_id ?? '');
      return row;
    }
    return undefined;
  };
  const setLock = (user: Row, locked: boolean, attempts: number) =>
    database.overwrite('sys_user', user.sys_id ?? '', {
      locked_out: String(locked),
      failed_attempts: String(attempts),
    });
  const isLocked = (login: string, user: Row): boolean => {
    if (user.locked_out !== 'true') {
      // Unlocked by a person meanwhile: the count begins anew.
      if (lockedSince.delete(login)) failures.delete(login);
      return false;
    }
    const since = lockedSince.get(login);
    if (since === undefined || now().getTime() - since < lockedForInMs) return true;
    lockedSince.delete(login);
    failures.delete(login);
    setLock(user, false, 0);
    return false;
  };
  const fail = (login: string, user: Row | undefined, locked: boolean) => {
    const count = (failures.get(login) ?? 0) + 1;
    failures.set(login, count);
    most = Math.max(most, count);
    if (user === undefined || locked) return;
    if (count >= attemptsAllowed) lockedSince.set(login, now().getTime());
    setLock(user, count >= attemptsAllowed, count);
  };
  const active = (login: string) => {
    const user = findUser(login);
    return user === undefined || user.active !== 'true' || isLocked(login, user) ? undefined : user;
  };

  return {
    active,
    logIn(login, password) {
      const user = findUser(login);
      const locked = user !== undefined && isLocked(login, user);
      if (user?.user_password !== hashPassword(password)) {
        fail(login, user, locked);
        return undefined;
      }
      if (locked || user.active !== 'true') return undefined;
      if (failures.delete(login)) setLock(user, false, 0);
      return database.find('sys_user', user.sys_id ?? '');
    },
    setPassword(login, password) {
      const user = findUser(login);
      if (user === undefined) throw new Error(`Expected the user_name of a user, got "${login}"`);
      database.overwrite('sys_user', user.sys_id ?? '', { user_password: hashPassword(password) });
    },
    failedLogins: (login) => failures.get(login) ?? 0,
    mostFailedLogins: () => most,
  };
}
