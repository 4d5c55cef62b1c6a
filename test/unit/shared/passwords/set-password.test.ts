import { describe, expect, it } from 'vitest';
import { HoldError } from '../../../../shared/errors.ts';
import type { FoundUser } from '../../../../shared/passwords/find-user.ts';
import { setPassword } from '../../../../shared/passwords/set-password.ts';
import { ServiceNowError } from '../../../../shared/servicenow/servicenow-error.ts';
import type { ServiceNowRecord, TableApi } from '../../../../shared/servicenow/table-api.ts';
import { basicSettings } from '../doctor/servicenow/settings-of.ts';
import { instanceOf } from '../servicenow/instance-of.ts';

const PASSWORD = 'canary!4711';
const USER: FoundUser = {
  sysId: 'u1',
  userName: 'james.bond',
  needsReset: false,
  modCount: 3,
  isLocked: false,
  isInactive: false,
};

interface User {
  password: string;
  flag: string;
  count: number;
}

/** How an instance departs from what it should do. */
interface Oddity {
  readonly drops?: 'password_needs_reset' | 'user_password';
  readonly hides?: 'sys_mod_count' | 'password_needs_reset';
  /** A rule that clears the flag whenever a password is set, and once more for each time the flag is set after that. */
  readonly clearsFlag?: 'once' | 'always';
  readonly refusesWith?: (user: User) => ServiceNowError;
}

function setting(oddity: Oddity, options: { user?: Partial<FoundUser>; isRepeat?: boolean } = {}) {
  const user: User = { password: 'before', flag: String(options.user?.needsReset ?? false), count: 3 };
  const steps: string[] = [];
  const shown = (): ServiceNowRecord =>
    Object.fromEntries(
      Object.entries({ sys_id: 'u1', password_needs_reset: user.flag, sys_mod_count: String(user.count) }).filter(
        ([name]) => name !== oddity.hides,
      ),
    );
  const tables: TableApi = {
    list: async () => ({ records: [shown()], totalCount: 1, servedAt: new Date(0) }),
    insert: () => Promise.reject(new Error('Expected no new record')),
    update: async (_table, _sysId, values, _fields, input) => {
      steps.push(`${Object.keys(values)}${input ? ` ${input}` : ''}`);
      if (values.user_password !== undefined) {
        if (oddity.refusesWith) throw oddity.refusesWith(user);
        const isNew = oddity.drops !== 'user_password' && user.password !== values.user_password;
        if (isNew) {
          user.password = values.user_password;
          user.count += 1;
        }
        if (oddity.clearsFlag) user.flag = 'false';
      } else if (oddity.drops !== 'password_needs_reset' && user.flag !== 'true') {
        if (!(oddity.clearsFlag === 'always' && user.password === PASSWORD)) {
          user.flag = 'true';
          user.count += 1;
        }
      }
      return shown();
    },
  };
  const set = setPassword(
    instanceOf(basicSettings(), tables),
    { ...USER, ...(oddity.hides === 'sys_mod_count' && { modCount: undefined }), ...options.user },
    { password: PASSWORD, isRepeat: options.isRepeat ?? false, sending: (what) => void steps.push(`sending ${what}`) },
  );
  return { set, user, steps };
}

describe('setPassword', () => {
  it('sets the flag before the password, and the password alone', async () => {
    const { set, user, steps } = setting({});
    expect(await set).toEqual([]);
    expect(steps).toEqual(['sending flag', 'password_needs_reset', 'sending password', 'user_password displayed']);
    expect(user).toMatchObject({ password: PASSWORD, flag: 'true' });
  });

  it('needs no flag where it is there', async () => {
    const { set, steps } = setting({}, { user: { needsReset: true } });
    expect(await set).toEqual([]);
    expect(steps).toEqual(['sending password', 'user_password displayed']);
  });

  it('sets no password where the flag is dropped', async () => {
    const { set, user, steps } = setting({ drops: 'password_needs_reset' });
    await expect(set).rejects.toThrow(
      /sys_user\.password_needs_reset with success .* No password was set: let the account write/,
    );
    await expect(set).rejects.toBeInstanceOf(HoldError);
    expect(user.password).toBe('before');
    expect(steps).toEqual(['sending flag', 'password_needs_reset']);
  });

  it('sees by the number of changes that the password was dropped', async () => {
    const { set } = setting({ drops: 'user_password' });
    await expect(set).rejects.toThrow(/sys_user\.user_password with success .* The record did not change/);
  });

  it('says what it can not know: no number of changes, or a password that may have been there', async () => {
    expect(await setting({ drops: 'user_password', hides: 'sys_mod_count' }).set).toEqual([
      expect.stringContaining('sys_mod_count of the user can not be read'),
    ]);
    expect(await setting({ drops: 'user_password' }, { isRepeat: true }).set).toEqual([
      expect.stringContaining('it may have been set at an earlier try'),
    ]);
    expect(await setting({}, { isRepeat: true }).set).toEqual([]);
  });

  it('sets the flag again where a rule took it back with the password, and says where it does not stay', async () => {
    const once = setting({ clearsFlag: 'once' });
    expect(await once.set).toEqual([]);
    expect(once.user.flag).toBe('true');
    expect(await setting({ clearsFlag: 'always' }).set).toEqual([
      'password_needs_reset does not stay true: look for a rule on sys_user that takes it back',
    ]);
  });

  it.each([
    [`Policy: ${PASSWORD} is too weak`, 'Policy: *** is too weak'],
    ['Policy: too weak', 'Policy: too weak'],
  ])('never repeats the password in what ServiceNow says (%#)', async (words, says) => {
    const refusesWith = () =>
      new ServiceNowError(words, { execution: 'ended', status: 403, failure: { class: 'permanent' } });
    await expect(setting({ refusesWith }).set).rejects.toMatchObject({
      message: says,
      failure: { class: 'permanent' },
    });
  });

  it('knows of a refusal whether it came with the change', async () => {
    const refusal = { execution: 'ended', status: 403, failure: { class: 'permanent' } } as const;
    const untouched = setting({ refusesWith: () => new ServiceNowError('no', refusal) });
    await expect(untouched.set).rejects.toMatchObject({ execution: 'none', status: 403 });
    const changed = setting({
      refusesWith: (user) => {
        user.count += 1;
        return new ServiceNowError('no', refusal);
      },
    });
    await expect(changed.set).rejects.toMatchObject({ execution: 'ended' });
    const unseen = setting({ refusesWith: () => new ServiceNowError('no', refusal), hides: 'sys_mod_count' });
    await expect(unseen.set).rejects.toMatchObject({ execution: 'ended' });
    const away = { execution: 'unknown', status: undefined, failure: { class: 'transient' } } as const;
    await expect(setting({ refusesWith: () => new ServiceNowError('away', away) }).set).rejects.toMatchObject({
      execution: 'unknown',
    });
  });
});
