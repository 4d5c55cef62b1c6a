import type { LoginEvidence } from './explain-refused-login.ts';
import type { LoginCause } from './login-causes.ts';

/** ServiceNow locks an account after so many failed logins in a row ("Lockout for failed logins"). */
const LOCKED_AFTER = 5;

/** The causes that a bare 401 may have, the likeliest first. */
export const LIKELY = {
  basic: ['wrongPassword', 'basicRestricted', 'inactive', 'lockedOut', 'multiFactor', 'passwordNeedsReset'],
  password: [
    'wrongPassword',
    'wrongClient',
    'passwordNeedsReset',
    'inactive',
    'lockedOut',
    'grantOff',
    'multiFactor',
    'wrongScope',
  ],
  client_credentials: [
    'wrongClient',
    'grantOff',
    'applicationUserMissing',
    'inactive',
    'passwordNeedsReset',
    'lockedOut',
    'wrongScope',
  ],
  withToken: ['apiRefused', 'inactive', 'lockedOut'],
} as const satisfies Record<string, readonly LoginCause[]>;

/** Puts the lock first after as many failures as make one, and leaves out a scope that nobody asked for. */
export function failuresFirst(
  causes: readonly LoginCause[],
  { failures, hasScope }: Pick<LoginEvidence, 'failures' | 'hasScope'>,
): readonly LoginCause[] {
  const possible = causes.filter((cause) => cause !== 'wrongScope' || hasScope);
  if (failures < LOCKED_AFTER || !possible.includes('lockedOut')) return possible;
  return ['lockedOut', ...possible.filter((cause) => cause !== 'lockedOut')];
}
