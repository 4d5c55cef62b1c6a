import { HoldError, PermanentError } from '../errors.ts';
import type { Instance } from '../servicenow/client.ts';
import { isQueryable } from '../servicenow/encoded-query.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import { type PasswordRequest, USER_KEYS, userNamed } from './password-request.ts';

/** A user as the instance has it; a field that the account may not read is missing or empty. */
export interface FoundUser {
  readonly sysId: string;
  readonly userName: string;
  readonly needsReset: boolean;
  /** `sys_mod_count`; `undefined` where it can't be read. */
  readonly modCount: number | undefined;
  readonly isLocked: boolean;
  readonly isInactive: boolean;
}

/** Somebody who joins is made in ServiceNow about when the first password is asked for. */
const WAIT_IN_MS = 4 * 3_600_000;
const ASK_AGAIN_IN_SECONDS = 900;

const USER_FIELDS = [
  ...USER_KEYS,
  'active',
  'locked_out',
  'password_needs_reset',
  'web_service_access_only',
  'internal_integration_user',
  'sys_mod_count',
];

/**
 * Finds the one user that a request names, as the user is now. Rights needed: read on `sys_user` and its fields.
 *
 * @throws HoldError where there is none, and may be one soon.
 * @throws PermanentError where there is none for hours or are several, where it is the account that the connection itself signs in with,
 * or one that only programs use: nobody could choose a password of their own there, and `password_needs_reset` would shut it out.
 */
export async function findUser(
  instance: Instance,
  request: PasswordRequest,
  { orderedOn, now }: { readonly orderedOn: Date; readonly now: Date },
): Promise<FoundUser> {
  const value = userNamed(request);
  if (!isQueryable(value)) throw new PermanentError('Expected a User that can be looked for, got control characters');
  const { User: user } = request;
  const keys = typeof user === 'string' ? USER_KEYS : USER_KEYS.filter((key) => user[key] !== undefined);
  const { records } = await instance.tables.list('sys_user', {
    where: [keys.map((key) => [key, '=', value] as const)],
    fields: USER_FIELDS,
    limit: 10,
  });
  // A field that the instance does not know is dropped from the query and then matches everything: look again.
  const found = records.filter((record) => keys.some((key) => record[key]?.toLowerCase() === value.toLowerCase()));
  const [record, ...others] = found;
  if (!record) throw notFound(request, orderedOn, now);
  if (others.length > 0)
    throw new PermanentError(
      `Expected one user of that ${keys.join(', ')}, found ${found.length}: name the user by what is unique, such as {"sys_id": "…"}`,
    );
  refuseAccounts(instance, record);
  return {
    sysId: record.sys_id ?? '',
    userName: record.user_name ?? '',
    needsReset: record.password_needs_reset === 'true',
    modCount: modCountOf(record),
    isLocked: record.locked_out === 'true',
    isInactive: record.active === 'false',
  };
}

/** How often a record was changed; `undefined` where that can't be read. */
export function modCountOf({ sys_mod_count: count }: ServiceNowRecord): number | undefined {
  return count ? Number(count) : undefined;
}

function notFound({ Connection }: PasswordRequest, orderedOn: Date, now: Date): HoldError | PermanentError {
  const what = `Expected the user of this reset in ServiceNow (connection "${Connection}"), found none`;
  const end = new Date(orderedOn.getTime() + WAIT_IN_MS);
  const leftInMs = end.getTime() - now.getTime();
  if (!(leftInMs > 0)) return new PermanentError(`${what}: check how the message names the user`);
  return new HoldError('reset', `${what} yet; it is looked for until ${end.toISOString()}`, {
    retryAfterInSeconds: Math.min(leftInMs / 1000 + 1, ASK_AGAIN_IN_SECONDS),
  });
}

function refuseAccounts({ settings }: Instance, record: ServiceNowRecord): void {
  const { credentials } = settings;
  const login = credentials.kind === 'basic' ? credentials.login : loginIn(credentials.grant);
  if (login !== undefined && record.user_name?.toLowerCase() === login.toLowerCase())
    throw new PermanentError(
      `Expected another user than the account that connection "${settings.identifier}" signs in with: its password is changed in ServiceNow and in the vault by hand`,
    );
  const flag = ['web_service_access_only', 'internal_integration_user'].find((field) => record[field] === 'true');
  if (flag !== undefined)
    throw new PermanentError(
      `Expected a person, got an account for programs (${flag}): nobody could choose a new password there, and password_needs_reset would shut it out`,
    );
}

function loginIn(grant: { readonly type: string; readonly login?: string }): string | undefined {
  return grant.login;
}
