/** What can make ServiceNow refuse a login. */
export type LoginCause = keyof typeof loginCauses;

/** Each cause in words: `sentence` where it is known, `short` in a list of possible ones, and what to do. */
export const loginCauses = {
  wrongPassword: {
    short: 'user or password is wrong',
    sentence: 'User or password is wrong.',
    remedy:
      'Set Login and Password of the connection to those of the account, and try them once in a browser or REST client first.',
  },
  lockedOut: {
    short: 'the account is locked out',
    sentence: 'The account is locked out.',
    remedy:
      'Put the password right first, then let an administrator clear "Locked out" of the user (five failed logins set it; it ends by itself after 15 minutes).',
  },
  inactive: {
    short: 'the user is not active, or is not there',
    sentence: 'The user is not active, or is not there.',
    remedy: 'Let an administrator make the user active, or correct Login.',
  },
  passwordNeedsReset: {
    short: 'the password has to be changed first',
    sentence: 'The password has to be changed before the account can be used.',
    remedy: 'Let an administrator clear "Password needs reset" of the user, or set a new password and clear it.',
  },
  basicRestricted: {
    short: 'Basic authentication is restricted',
    sentence: 'The instance restricts Basic authentication, and this account has no right to it.',
    remedy:
      'Make the account web-service-only ("Web service access only"), or give it role snc_basic_auth_api_access, or use OAuth.',
  },
  multiFactor: {
    short: 'multi-factor authentication blocks the account',
    sentence: 'Multi-factor authentication blocks the account: a program has no second factor.',
    remedy:
      'Take the account out of multi-factor authentication (clear "Enable Multi-factor Authentication" of the user, and exempt it from the policies), or use OAuth with client credentials.',
  },
  grantOff: {
    short: 'the grant is switched off',
    sentence: 'The instance does not allow this OAuth grant.',
    remedy:
      'For client credentials set property glide.oauth.inbound.client.credential.grant_type.enabled to true; for a password allow that grant in the application registry; or set GrantType to one that is allowed.',
  },
  applicationUserMissing: {
    short: 'the OAuth application has no user',
    sentence: 'The OAuth application has no application user to act as.',
    remedy: 'Name the API user as "OAuth Application User" of the application in the application registry.',
  },
  wrongClient: {
    short: 'ClientId or ClientSecret is wrong',
    sentence: 'ClientId is unknown, its application is not active, or ClientSecret is wrong.',
    remedy:
      'Compare ClientId and ClientSecret with the application in the application registry (System OAuth), and see that it is active.',
  },
  wrongScope: {
    short: 'the scope is wrong',
    sentence: 'The scope is not one that the application may ask for.',
    remedy: 'Set OAuth2Scope to a scope of the application, or leave it out.',
  },
  apiRefused: {
    short: 'the account may not use the REST API',
    sentence: 'A token was given, and calls with it are refused: the account may not use the REST API.',
    remedy:
      'Check REST API access policies, the scopes of the application, and how many sessions the account may have.',
  },
} as const satisfies Record<string, { readonly short: string; readonly sentence: string; readonly remedy: string }>;
