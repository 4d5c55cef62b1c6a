/** One account of a safe, as far as an application sees it. */
export interface CyberArkAccount {
  readonly name: string;
  readonly content: string;
  readonly userName?: string;
  readonly address?: string;
  /** `Root` where it is not given; two accounts of one name lie in different folders. */
  readonly folder?: string;
  /** Its password is being changed by the CPM. */
  readonly isChanging?: boolean;
}

/** What the web service answers; a text is a page of the web server, anything else is JSON. */
export interface CyberArkAnswer {
  readonly status: number;
  readonly body: string | Readonly<Record<string, string>>;
}

/** The parameters that choose accounts. */
const CRITERIA = ['Safe', 'Folder', 'Object', 'UserName', 'Address'] as const;

/** Characters that the service does not take in values. */
const INVALID = /[+&%;]/;

const DEFAULT_FOLDER = 'Root';

/**
 * Answers `GET /AIMWebService/api/Accounts`. Public documentation: "Call the Web Service using REST" of CyberArk's Central
 * Credential Provider; texts of errors as its public clients have seen them.
 */
export function answerAccount(
  parameters: URLSearchParams,
  vault: { readonly appId: string; readonly safe: string; readonly accounts: readonly CyberArkAccount[] },
): CyberArkAnswer {
  const appId = parameters.get('AppID') ?? '';
  const criteria = criteriaOf(parameters);
  if (appId === '') return refuse(400, 'AIMWS031E', 'Invalid request. The AppID parameter is required');
  if (!criteria) return refuse(400, 'AIMWS030E', 'Invalid query format. Expected Safe=...;Object=... or parameters');
  if ([appId, ...criteria.values()].some((value) => INVALID.test(value))) {
    return refuse(400, 'CASVL010E', 'Invalid characters in User Name');
  }
  if (!isSame(appId, vault.appId)) {
    const reason = `(Error: ITATS982E User ${appId} is not defined.  Diagnostic Info: 6)`;
    return refuse(403, 'APPAP008E', `Problem occurred while trying to use user in the Vault ${reason}`);
  }
  const query = [...criteria].map(([name, value]) => `${name}=${value}`).join(';');
  const found = vault.accounts.filter((account) =>
    [...criteria].every(([name, value]) => isSame(value, propertyOf(account, name, vault.safe))),
  );
  const [account] = found;
  if (!account) {
    return refuse(
      404,
      'APPAP004E',
      `Password object matching query [${query}] was not found (Diagnostic Info: 5). Please check that there is a password object that answers your query in the Vault and that both the Provider and the application user have the appropriate permissions needed in order to use the password.`,
    );
  }
  if (found.length > 1)
    return refuse(400, 'APPAP229E', `Too many password objects matching query [${query}] were found`);
  if (account.isChanging && parameters.get('FailRequestOnPasswordChange')?.toLowerCase() === 'true') {
    return refuse(500, 'APPAP282E', `Password [${account.name}] is currently being changed by the CPM`);
  }
  return { status: 200, body: bodyOf(account, vault.safe) };
}

/** An error in the service's own form. */
export function refuse(status: number, code: string, message: string): CyberArkAnswer {
  return { status, body: { ErrorCode: code, ErrorMsg: message } };
}

/** The criteria of a free query, which makes all other parameters void, or of the parameters; `undefined` without any. */
function criteriaOf(parameters: URLSearchParams): ReadonlyMap<string, string> | undefined {
  const query = parameters.get('Query');
  const named =
    query === null
      ? CRITERIA.flatMap((name) => parameters.getAll(name).map((value): [string, string] => [name, value]))
      : query
          .split(';')
          .filter((part) => part !== '')
          .map((part): [string, string] => {
            const [name = '', ...value] = part.split('=');
            return [CRITERIA.find((known) => isSame(known, name)) ?? '', value.join('=')];
          });
  const isUsable = named.length > 0 && named.every(([name, value]) => name !== '' && value !== '');
  return isUsable ? new Map(named) : undefined;
}

function propertyOf(account: CyberArkAccount, criterion: string, safe: string): string {
  const { name, userName = '', address = '', folder = DEFAULT_FOLDER } = account;
  const properties = { Safe: safe, Folder: folder, Object: name, UserName: userName, Address: address };
  return Object.entries(properties).find(([property]) => property === criterion)?.[1] ?? '';
}

/** Only properties that the account has are given, all of them as texts. */
function bodyOf(account: CyberArkAccount, safe: string) {
  const { name, content, userName, address, folder = DEFAULT_FOLDER, isChanging = false } = account;
  return {
    Content: content,
    ...(userName !== undefined && { UserName: userName }),
    ...(address !== undefined && { Address: address }),
    Safe: safe,
    Folder: folder,
    Name: name,
    PolicyID: 'ServiceAccounts',
    DeviceType: 'Application',
    CPMStatus: 'success',
    LastSuccessChange: '1767225600',
    CreationMethod: 'PVWA',
    PasswordChangeInProcess: isChanging ? 'True' : 'False',
  };
}

/** Names in CyberArk are the same in any case of letters. */
function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
