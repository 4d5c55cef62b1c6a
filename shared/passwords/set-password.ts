import { HoldError } from '../errors.ts';
import { neutralLine } from '../neutral-text.ts';
import type { Instance } from '../servicenow/client.ts';
import { ServiceNowError } from '../servicenow/servicenow-error.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import { type FoundUser, modCountOf } from './find-user.ts';

/** What ServiceNow showed of a password that it said it set; empty where all is as it should be. */
export type Doubts = readonly string[];

const TABLE = 'sys_user';
const FLAG = 'password_needs_reset';
const FIELDS = ['sys_id', FLAG, 'sys_mod_count'];

/**
 * Sets a user's password: first `password_needs_reset`, looked at again, so that no password is ever there without it; then
 * `user_password` alone, the way it is hashed; then the flag once more, for a rule may have taken it back. Rights needed: write on both
 * fields, read on `password_needs_reset` and `sys_mod_count`.
 *
 * A field that the account may not write is dropped while the answer is 200, and a password can't be read back: only the record's
 * number of changes shows it. `isRepeat`: the same password may have been set before, and need not change the record again.
 *
 * `sending` is called before each write, with what is about to be written; what it throws keeps that from being sent.
 *
 * @throws HoldError where a field was dropped: nothing was set. ServiceNowError for the rest, without the password in its text; its
 * `execution` is `none` where the record shows that nothing was set.
 */
export async function setPassword(
  instance: Instance,
  user: FoundUser,
  {
    password,
    isRepeat,
    sending,
  }: {
    readonly password: string;
    readonly isRepeat: boolean;
    readonly sending: (what: 'flag' | 'password') => void;
  },
): Promise<Doubts> {
  const { tables } = instance;
  let before = user.modCount;
  if (!user.needsReset) {
    const flagged = await flag();
    if (flagged[FLAG] !== 'true') throw dropped(instance, FLAG, 'No password was set');
    before = modCountOf(flagged);
  }
  sending('password');
  const set = await withoutSecret(password, () =>
    tables.update(TABLE, user.sysId, { user_password: password }, FIELDS, 'displayed'),
  ).catch(async (error: unknown) => {
    throw (await isUntouched(error)) ? withoutEffect(error) : error;
  });
  const after = modCountOf(set);
  if (before !== undefined && after === before && !isRepeat)
    throw dropped(instance, 'user_password', 'The record did not change');
  const doubts: string[] = [];
  if (before === undefined || after === undefined)
    doubts.push('sys_mod_count of the user can not be read, and nothing else shows whether the password was set');
  else if (after === before) doubts.push('it may have been set at an earlier try, and nothing shows it');
  const isFlagged = set[FLAG] === 'true' || (await flag())[FLAG] === 'true';
  if (!isFlagged) doubts.push(`${FLAG} does not stay true: look for a rule on sys_user that takes it back`);
  return doubts;

  async function flag(): Promise<ServiceNowRecord> {
    sending('flag');
    return tables.update(TABLE, user.sysId, { [FLAG]: 'true' }, FIELDS);
  }

  /** A refusal may come with the change made (KB2697679): the record says. */
  async function isUntouched(error: unknown): Promise<boolean> {
    if (!(error instanceof ServiceNowError) || error.execution !== 'ended' || before === undefined) return false;
    const where = [[['sys_id', '=', user.sysId]]] as const;
    const { records } = await tables.list(TABLE, { where, fields: FIELDS, limit: 1 }).catch(() => ({ records: [] }));
    return records[0] !== undefined && modCountOf(records[0]) === before;
  }
}

function dropped({ settings }: Instance, field: string, what: string): HoldError {
  return new HoldError(
    'passwords',
    `ServiceNow (connection "${settings.identifier}") answered a write of sys_user.${field} with success and left the field as it was. ${what}: let the account write ${field} and read it or sys_mod_count`,
    { found: 'accountRefused' },
  );
}

function withoutEffect(error: unknown): unknown {
  if (!(error instanceof ServiceNowError)) return error;
  const { message, status, failure } = error;
  return new ServiceNowError(message, { execution: 'none', status, failure });
}

/** The instance's words for a refusal may repeat what was sent to it. */
async function withoutSecret<T>(secret: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof ServiceNowError)) throw error;
    const { execution, status, failure } = error;
    const forms = [secret, neutralLine(secret, secret.length + 10)].filter((form) => form !== '');
    const message = forms.reduce((text, form) => text.replaceAll(form, '***'), error.message);
    throw new ServiceNowError(message, { execution, status, failure });
  }
}
