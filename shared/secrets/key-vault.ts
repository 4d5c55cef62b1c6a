import { codeOf, UnavailableError } from '../errors.ts';
import { statusOf } from '../storage/storage-failure.ts';
import type { SecretClients, VaultLocation } from './secret-clients.ts';
import { LIST_SETTINGS, SETTING_NAMES } from './setting-names.ts';
import type { SettingFault, SettingSource, SourcedSetting } from './setting-source.ts';
import type { LoadVaultLocation } from './vault-location.ts';
import { refuseForeignVault, vaultRefusal } from './vault-refusal.ts';

/** Key Vault allows letters, digits and single dashes; `--` is the separator between the parts of a name. */
const NAMEABLE = /^[0-9A-Za-z]+(-[0-9A-Za-z]+)*$/;
/** A vault's own limit for the name of a secret is 127 characters. */
const LONGEST_IDENTIFIER = 80;
/** More values than anybody gives one setting. */
const MOST_ITEMS = 100;

/** One secret as it was found; `undefined` where there is none of that name. */
type FoundSecret =
  | {
      readonly setting: string;
      readonly found: SourcedSetting | undefined;
      readonly fault?: string;
      readonly expiresOn?: Date;
    }
  | undefined;

/**
 * Connection settings from the secrets `Connections--<identifier>--<Setting>` of an Azure Key Vault; items of a list are
 * `…--Filter--0`, `…--Filter--1` and so on. Only the names of the connection asked for are read, all at once; missing ones
 * are left to the other sources. The service hands out expired secrets and those not valid yet: here they are faults.
 * Permission needed: Key Vault Secrets User on the vault.
 */
export function keyVaultSource(deps: {
  readonly loadLocation: LoadVaultLocation;
  readonly clients: SecretClients;
  readonly now: () => Date;
}): SettingSource {
  const { loadLocation, clients, now } = deps;

  async function readSecret(vault: VaultLocation, identifier: string, setting: string): Promise<FoundSecret> {
    const secret = secretName(identifier, setting);
    try {
      const { value, properties } = await (await clients(vault)).getSecret(secret);
      const { version, expiresOn, notBefore } = properties;
      if (value === undefined) return undefined;
      const found = { value, version: version ?? '' };
      const of = (what: string) => `${setting}: secret ${secret} ${what}`;
      if (expiresOn && expiresOn <= now())
        return { setting, found: undefined, fault: of(`expired on ${day(expiresOn)}: set a new version`) };
      if (notBefore && notBefore > now())
        return {
          setting,
          found: undefined,
          fault: of(`is not valid before ${day(notBefore)}: wait, or change its activation date`),
        };
      return { setting, found, ...(expiresOn && { expiresOn }) };
    } catch (error) {
      const status = statusOf(error);
      if (status === 404) return undefined;
      if (status === 403) {
        return { setting, found: undefined, fault: `${setting}: secret ${secret} was ${vaultRefusal(error)}` };
      }
      refuseForeignVault(error, nameOf(vault));
      // Not the cause itself: the client's error carries its token, and of an answer it could not parse the whole text.
      throw new UnavailableError(`${nameOf(vault)} could not be read (${status ?? 'no answer'}); it is tried again`, {
        cause: new Error(codeOf(error) ?? 'no answer'),
      });
    }
  }

  /** The items of a list, one after the other until there is none, or one that can't be used: a vault may refuse them all. */
  async function readItems(vault: VaultLocation, identifier: string, setting: string): Promise<FoundSecret[]> {
    const items: FoundSecret[] = [];
    while (items.length < MOST_ITEMS) {
      const item = await readSecret(vault, identifier, `${setting}:${items.length}`);
      if (!item) break;
      items.push(item);
      if (item.fault !== undefined) break;
    }
    return items;
  }

  return {
    async name() {
      const vault = await loadLocation();
      return vault ? nameOf(vault) : 'Key Vault';
    },

    async read(identifier) {
      const vault = await loadLocation();
      if (!vault) return undefined;
      if (!NAMEABLE.test(identifier) || identifier.length > LONGEST_IDENTIFIER) {
        const message = `expected a connection identifier of letters, digits and single dashes, up to ${LONGEST_IDENTIFIER}, got "${identifier.slice(0, LONGEST_IDENTIFIER)}": Key Vault can't name its secrets; rename the connection`;
        return { settings: new Map(), faults: [{ message }], warnings: [] };
      }
      const secrets = await Promise.all([
        ...SETTING_NAMES.map((setting) => readSecret(vault, identifier, setting)),
        ...LIST_SETTINGS.map((setting) => readItems(vault, identifier, setting)),
      ]);
      const known = secrets.flat().filter((secret) => secret !== undefined);
      return {
        settings: new Map(known.flatMap(({ setting, found }) => (found ? [[setting, found] as const] : []))),
        faults: known.flatMap(({ setting, fault }): SettingFault[] => (fault ? [{ setting, message: fault }] : [])),
        warnings: [],
        expiring: known.flatMap(({ setting, expiresOn }) =>
          expiresOn ? [{ what: `secret ${secretName(identifier, setting)}`, expiresOn }] : [],
        ),
      };
    },

    async explainMissing(identifier, setting) {
      const vault = await loadLocation();
      if (!vault || !NAMEABLE.test(identifier)) return undefined;
      try {
        const { properties } = await (await clients(vault)).getDeletedSecret(secretName(identifier, setting));
        const until = properties.scheduledPurgeDate;
        return `secret ${secretName(identifier, setting)} of ${nameOf(vault)} is deleted${until ? ` and can be recovered until ${day(until)}` : ''}: recover it or set it anew`;
      } catch {
        // It never was there, or nobody here may know: neither says more than "missing".
        return undefined;
      }
    },
  };
}

function secretName(identifier: string, setting: string): string {
  return `Connections--${identifier}--${setting.replace(':', '--')}`;
}

function nameOf({ url }: VaultLocation): string {
  return `Key Vault ${url}`;
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
