import type { Database } from '../data/database.ts';
import type { Row } from '../data/row.ts';
import { hashPassword } from './hash-password.ts';
import type { Login } from './login.ts';

/** After so many refused logins in a row an account is locked, for so long. Source: "Lockout for failed logins" of the product documentation. */
const attemptsAllowed = 5;
const lockedForInMs = 15 * 60_000;

/** Who may log in. Upper and lower case make no difference in a user_name. */
export interface Accounts {
  find(login: string): Row | undefined;
  /**
   * Tries a login and password. A wrong password counts, at an unknown user too; a right one starts the count anew; at a
   * locked account nothing is right.
   */
  logIn(login: string, password: string): Login;
  /** Whether a user who has proved who they are may still come in: active and not locked. */
  check(login: string): Login;
  setPassword(login: string, password: string): void;
  /** How often in a row a login has failed up to now. */
  failedLogins(login: string): number;
  /** The same of every login that has failed, in lower case. */
  allFailedLogins(): Readonly<Record<string, number>>;
  mostFailedLogins(): number;
}

export function makeAccounts(database: Database, now: () => Date): Accounts {
  const failures = new Map<string, number>();
  const lockedSince = new Map<string, number>();
  const sysIds = new Map<string, string>();
  let most = 0;

  const findUser = (login: string): Row | undefined => {
    const name = keyOf(login);
    const known = database.find('sys_user', sysIds.get(name) ?? '');
    if (known !== undefined && keyOf(known.user_name ?? '') === name) return known;
    for (const row of database.rows('sys_user')) {
      if (keyOf(row.user_name ?? '') !== name) continue;
      sysIds.set(name, row.sys_id ?? '');
      return row;
    }
    return undefined;
  };
  const setLock = (user: Row, locked: boolean, attempts: number) =>
    database.overwrite('sys_user', user.sys_id ?? '', {
      locked_out: String(locked),
      failed_attempts: String(attempts),
    });
  const isLocked = (user: Row): boolean => {
    const login = keyOf(user.user_name ?? '');
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
  const fail = (name: string, user: Row | undefined, locked: boolean) => {
    const login = keyOf(name);
    const count = (failures.get(login) ?? 0) + 1;
    failures.set(login, count);
    most = Math.max(most, count);
    if (user === undefined || locked) return;
    if (count >= attemptsAllowed) lockedSince.set(login, now().getTime());
    setLock(user, count >= attemptsAllowed, count);
  };

  return {
    find: findUser,
    check(login) {
      const user = findUser(login);
      if (user === undefined || user.active !== 'true') return { refusal: 'inactive' };
      return isLocked(user) ? { refusal: 'locked-out' } : { user };
    },
    logIn(login, password) {
      const user = findUser(login);
      const locked = user !== undefined && isLocked(user);
      if (user?.user_password !== hashPassword(password)) {
        fail(login, user, locked);
        return { refusal: locked ? 'locked-out' : 'wrong-password' };
      }
      if (locked) return { refusal: 'locked-out' };
      if (user.active !== 'true') return { refusal: 'inactive' };
      if (failures.delete(keyOf(login))) setLock(user, false, 0);
      return { user: database.find('sys_user', user.sys_id ?? '') ?? user };
    },
    setPassword(login, password) {
      const user = findUser(login);
      if (user === undefined) throw new Error(`Expected the user_name of a user, got "${login}"`);
      database.overwrite('sys_user', user.sys_id ?? '', { user_password: hashPassword(password) });
    },
    failedLogins: (login) => failures.get(keyOf(login)) ?? 0,
    allFailedLogins: () => Object.fromEntries(failures),
    mostFailedLogins: () => most,
  };
}

/** One account, one count, however its name is written. */
function keyOf(login: string): string {
  return login.toLowerCase();
}
