import { everythingIn } from '../servicenow/everything-in.ts';
import { client } from './start-cyberark.ts';
import {
  cyberArkSection,
  makeLastingCertificate,
  type Places,
  protectAll,
  startPlaces,
  startSources,
} from './start-sources.ts';

/** What no message, log line or provenance may hold: every secret of these tests begins so. */
export const SECRET = 'canary-4711';

/** The password of both PFX files. */
export const PFX_PASSWORD = `${SECRET}-of-the-pfx`;

/** How every token of the identity begins, for it is not signed. */
const TOKEN = Buffer.from(JSON.stringify({ typ: 'JWT', alg: 'none' })).toString('base64url');

const SERVER = 'https://x.service-now.com/api/now/table';

/** The certificate that values are encrypted for. Whatever takes a while to make is made once. */
export const encryption = await makeLastingCertificate('encryption');

const pfxFiles = { 'encryption.pfx': encryption.pfx(PFX_PASSWORD), 'client.pfx': client.pfx(PFX_PASSWORD) };

type Members = Record<string, unknown>;

/**
 * What the sources have for connection `Broken`, all of it right: a secret in each source, one more in each that wins.
 * Connection `Healthy` is in the vault alone.
 */
export interface Configuration {
  readonly app: { EncryptionCertificate: Members; AzureKeyVault: Members; CyberArk: Members };
  readonly plain: Members;
  readonly encrypted: Members;
  readonly accounts: Members;
  /** Files beside those, or instead of them. */
  readonly files: Record<string, unknown>;
}

/** Starts all places and makes the configuration; `start` builds the app over it, as it has been changed by then. */
export async function startBroken(secret: string) {
  const places: Places = await startPlaces();
  const { vault, cyberArk } = places;
  vault.setConnection('Broken', { ClientSecret: `${secret}-client`, Password: `${secret}-vault` });
  vault.setConnection('Healthy', { Server: SERVER, Login: 'healthy', Password: `${secret}-healthy` });
  cyberArk.set('Safe', { userName: 'cyberark', content: `${secret}-cyberark` });
  const configuration: Configuration = {
    app: {
      EncryptionCertificate: { UseEncryptedAppsettings: true, File: 'encryption.pfx', Password: PFX_PASSWORD },
      AzureKeyVault: { Vault: vault.url, ConnectionString: 'RunAs=App' },
      CyberArk: cyberArkSection(cyberArk, 'client.pfx', PFX_PASSWORD),
    },
    plain: {
      Server: SERVER,
      Login: 'plain',
      Password: `${secret}-plain`,
      ClientId: 'id',
      OAuth2Url: 'https://x.service-now.com/oauth_token.do',
    },
    encrypted: await protectAll({ Password: `${secret}-encrypted`, OAuth2Scope: `${secret}-scope` }, encryption),
    accounts: { Password: 'Safe' },
    files: { ...pfxFiles },
  };
  const start = () =>
    startSources(places, 'settings', {
      'appsettings.json': configuration.app,
      'appsettings.agent.json': { Connections: { Broken: configuration.plain } },
      'appsettings.encrypted.agent.json': { Connections: { Broken: configuration.encrypted } },
      'appsettings.cyberark.agent.json': { Connections: { Broken: configuration.accounts } },
      ...configuration.files,
    });
  /** Which of the secrets stand in a value, or in anything that can be reached from it. */
  const secretsIn = (value: unknown) => {
    const text = everythingIn(value);
    const keys = [encryption, client].map(({ key }) => key.slice(200, 240));
    return [secret, SECRET, TOKEN, ...keys].filter((one) => text.includes(one));
  };
  return { places, configuration, start, secretsIn, [Symbol.asyncDispose]: places[Symbol.asyncDispose] };
}

/** Everything ready to be broken. */
export type Broken = Awaited<ReturnType<typeof startBroken>>;
