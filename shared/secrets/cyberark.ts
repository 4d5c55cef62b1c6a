import { X509Certificate } from 'node:crypto';
import { HoldError } from '../errors.ts';
import { type ReadAccount, readAccount } from './cyberark-answer.ts';
import { type CyberArkClient, type CyberArkServer, cyberArkAddress, makeCyberArkClient } from './cyberark-client.ts';
import type { SettingFault, SettingSource, SourcedSetting } from './setting-source.ts';

/** How the accounts of this app are read. It may hold a private key: never log it. */
export interface CyberArkConfiguration extends CyberArkServer {
  readonly safeName: string;
  readonly applicationId: string;
}

/** Which property of an account gives which setting, as Identity Manager documents it. */
const PROPERTIES: ReadonlyMap<string, 'UserName' | 'Content' | 'Address'> = new Map([
  ['Login', 'UserName'],
  ['ClientId', 'UserName'],
  ['Password', 'Content'],
  ['ClientSecret', 'Content'],
  ['Server', 'Address'],
]);

/**
 * Connection settings from accounts of CyberArk's Central Credential Provider. Each account is asked for once a reading,
 * however many settings it gives, and all of them at once. CyberArk keeps no versions that could be relied on.
 * Permission needed: the application is defined in CyberArk and a member of the safe, with "Retrieve accounts".
 */
export function cyberArkSource(deps: {
  /** `undefined` where `UseCyberArkSetting` is not true. */
  readonly loadConfiguration: () => Promise<CyberArkConfiguration | undefined>;
  /** The name of the account of each setting of a connection, from `appsettings.cyberark.agent.json`. */
  readonly loadAccounts: (identifier: string) => Promise<{
    readonly accounts: ReadonlyMap<string, string>;
    readonly faults: readonly SettingFault[];
    readonly warnings: readonly string[];
  }>;
  /** The longest time for one answer; 10 s by default. */
  readonly timeoutInMs?: number;
}): SettingSource {
  let latest: { readonly key: string; readonly client: CyberArkClient } | undefined;

  /** Keeps the connections while the configuration stays, and takes a renewed certificate at once. */
  function clientOf({ server, client }: CyberArkServer): CyberArkClient {
    const address = cyberArkAddress(server);
    if (address === undefined) {
      throw new HoldError(
        'settings',
        'CyberArk:Server of appsettings.json: expected a URL such as https://cyberark.contoso.com, with https and without user name and query, got something else',
      );
    }
    const key = [address, client?.certificate, client?.key].join('\n');
    if (latest?.key !== key) latest = { key, client: makeCyberArkClient(address, client, deps.timeoutInMs) };
    return latest.client;
  }

  return {
    async name() {
      const configuration = await deps.loadConfiguration();
      const address = configuration && cyberArkAddress(configuration.server);
      return address === undefined ? 'CyberArk' : `CyberArk ${address.replace(/\/AIMWebService$/i, '')}`;
    },

    async read(identifier) {
      const configuration = await deps.loadConfiguration();
      if (!configuration) return undefined;
      const { safeName, applicationId, client } = configuration;
      const ask = clientOf(configuration);
      const named = await deps.loadAccounts(identifier);
      const wanted = [...named.accounts].filter(([setting]) => PROPERTIES.has(setting)).map(([, account]) => account);
      const accounts = new Map(
        await Promise.all(
          [...new Set(wanted)].map(async (account): Promise<[string, ReadAccount]> => {
            const answer = await ask({ AppID: applicationId, Safe: safeName, Object: account });
            return [account, readAccount(answer, `account "${account}" of safe "${safeName}"`)];
          }),
        ),
      );
      const settings = new Map<string, SourcedSetting>();
      const faults = [...named.faults];
      for (const [setting, account] of named.accounts) {
        const found = settingFrom(setting, account, accounts.get(account));
        if ('value' in found) settings.set(setting, { value: found.value, version: undefined });
        else faults.push({ setting, message: `${setting}: ${found.fault}` });
      }
      const isUsed = client !== undefined && accounts.size > 0;
      return { settings, faults, warnings: named.warnings, expiring: isUsed ? [endOf(client.certificate)] : [] };
    },
  };
}

function settingFrom(
  setting: string,
  account: string,
  read: ReadAccount | undefined,
): { readonly value: string } | { readonly fault: string } {
  const property = PROPERTIES.get(setting);
  if (!property || !read) {
    return { fault: `CyberArk gives ${[...PROPERTIES.keys()].join(', ')} only; move this setting to another source` };
  }
  if (!read.ok) return { fault: read.fault };
  const value = read.account[property] ?? '';
  return value === ''
    ? { fault: `account "${account}" has no ${property} in CyberArk; fill it in there, or use another source` }
    : { value };
}

function endOf(certificatePem: string) {
  const { subject, validToDate } = new X509Certificate(certificatePem);
  return { what: `certificate ${subject.replaceAll('\n', ', ')}`, expiresOn: validToDate };
}
