import type { ServiceNowRecord } from '../../servicenow/table-api.ts';
import type { LoginEvidence } from './explain-refused-login.ts';
import type { LoginCause } from './login-causes.ts';

/** What another connection reads about a login on the instance; `undefined` for what it may not read. */
export interface SeenAccount {
  /** The connection that it was read through. */
  readonly via: string;
  /** The row of `sys_user`; `absent` where the account may read users and sees none of that name. */
  readonly user: ServiceNowRecord | 'absent' | undefined;
  /** Names of its roles. */
  readonly roles: ReadonlySet<string> | undefined;
  /** Property `glide.authenticate.basic_auth.restriction.enforce`. */
  readonly restrictsBasic: boolean | undefined;
  /** Property `glide.oauth.inbound.client.credential.grant_type.enabled`. */
  readonly allowsClientCredentials: boolean | undefined;
  /** The row of `oauth_entity`; `absent` where it may be read and there is none with this client id. */
  readonly application: ServiceNowRecord | 'absent' | undefined;
}

/** The cause that shows in what another connection sees. */
export function causeInFacts({
  grant,
  seen,
}: Pick<LoginEvidence, 'grant' | 'seen'>): { readonly cause: LoginCause; readonly source: string } | undefined {
  const cause = seen && (causeInUser(seen) ?? (grant === 'basic' ? causeOfBasic(seen) : causeOfOauth(seen, grant)));
  return cause && { cause, source: `That is what the instance shows through connection "${seen.via}".` };
}

function causeInUser({ user }: SeenAccount): LoginCause | undefined {
  // Whoever is no administrator does not see inactive users.
  if (user === 'absent') return 'inactive';
  if (user?.active === 'false') return 'inactive';
  if (user?.locked_out === 'true') return 'lockedOut';
  return user?.password_needs_reset === 'true' ? 'passwordNeedsReset' : undefined;
}

function causeOfBasic({ user, roles, restrictsBasic }: SeenAccount): LoginCause | undefined {
  if (user === undefined || user === 'absent') return undefined;
  if (user.enable_multifactor_authn === 'true') return 'multiFactor';
  const flags = [user.web_service_access_only, user.internal_integration_user];
  const mayUseBasic = flags.includes('true') || roles?.has('snc_basic_auth_api_access') === true;
  // Only what could be read speaks against the account.
  const isInteractive = flags.every((value) => value === 'false');
  if (restrictsBasic && isInteractive && roles && !mayUseBasic) return 'basicRestricted';
  const isInOrder = user.active === 'true' && user.locked_out === 'false' && (mayUseBasic || restrictsBasic === false);
  return isInOrder ? 'wrongPassword' : undefined;
}

function causeOfOauth(
  { application, allowsClientCredentials }: SeenAccount,
  grant: LoginEvidence['grant'],
): LoginCause | undefined {
  if (application === 'absent' || application?.active === 'false') return 'wrongClient';
  if (grant !== 'client_credentials') return undefined;
  if (allowsClientCredentials === false) return 'grantOff';
  return application?.user === '' ? 'applicationUserMissing' : undefined;
}
