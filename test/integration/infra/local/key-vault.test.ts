import { SecretClient } from '@azure/keyvault-secrets';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { makeIdentityCredential } from '../../../../infra/local/identity-credential.ts';
import { type KeyVault, startKeyVault } from '../../../../infra/local/key-vault.ts';
import { type ManagedIdentity, startManagedIdentity } from '../../../../infra/local/managed-identity.ts';
import { trustCertificate } from '../../../../infra/local/trust-certificate.ts';

let identity: ManagedIdentity;
let vault: KeyVault;
let client: SecretClient;

beforeAll(async () => {
  trustCertificate(inject('storage').certificate.certificate);
  identity = await startManagedIdentity();
});
afterAll(() => identity.close());

beforeEach(async () => {
  vault = await startKeyVault({ certificate: inject('storage').certificate, secrets: { greeting: 'hello' } });
  client = new SecretClient(vault.url, makeIdentityCredential(identity), {
    disableChallengeResourceVerification: true,
    retryOptions: { maxRetries: 0 },
  });
  return () => vault.close();
});

describe('the local key vault', () => {
  it('challenges a first call without a token, and answers the same call with one', async () => {
    expect((await client.getSecret('greeting')).value).toBe('hello');
    expect(vault.requests).toEqual([
      { method: 'GET', path: '/secrets/greeting/', authorized: false, status: 401 },
      { method: 'GET', path: '/secrets/greeting/', authorized: true, status: 200 },
    ]);
  });

  it('asks the identity endpoint for a token for the vault', async () => {
    await client.getSecret('greeting');
    expect(identity.requests.at(-1)).toMatchObject({ resource: 'https://vault.azure.net' });
  });

  it('refuses a token for another resource, and names the one it wants', async () => {
    const { token } = await makeIdentityCredential(identity).getToken('https://storage.azure.com/.default');
    const response = await fetch(`${vault.url}/secrets/greeting?api-version=2025-07-01`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer .*resource="https:\/\/vault\.azure\.net"$/);
  });

  it('is refused by a client that verifies the resource of the challenge', async () => {
    const strict = new SecretClient(vault.url, makeIdentityCredential(identity));
    await expect(strict.getSecret('greeting')).rejects.toThrow(/does not match the requested domain/);
  });

  it('gives the newest version, or the one that is named', async () => {
    const first = await client.getSecret('greeting');
    const second = await client.setSecret('greeting', 'bonjour');
    expect(first.properties.version).toMatch(/^[0-9a-f]{32}$/);
    expect(second.properties.version).not.toBe(first.properties.version);
    expect((await client.getSecret('greeting')).value).toBe('bonjour');
    expect((await client.getSecret('greeting', { version: first.properties.version ?? '' })).value).toBe('hello');
  });

  it('knows a name in any case of letters', async () => {
    vault.set('GREETING', 'bonjour');
    expect((await client.getSecret('Greeting')).value).toBe('bonjour');
    expect(await versionsOf('greeting')).toHaveLength(2);
  });

  it('keeps what it was told about a secret', async () => {
    const expiresOn = new Date('2020-01-02T03:04:05Z');
    await client.setSecret('dated', 'old', { expiresOn, contentType: 'text/plain', tags: { owner: 'desk' } });
    const { value, properties } = await client.getSecret('dated');
    expect(value).toBe('old');
    expect(properties).toMatchObject({ expiresOn, contentType: 'text/plain', tags: { owner: 'desk' }, enabled: true });
  });

  it('reads a secret that expired or is not valid yet, for these dates only inform', async () => {
    vault.set('expired', 'a', { exp: new Date('2020-01-01') });
    vault.set('early', 'b', { nbf: new Date('2100-01-01') });
    expect((await client.getSecret('expired')).properties.expiresOn).toEqual(new Date('2020-01-01'));
    expect((await client.getSecret('early')).properties.notBefore).toEqual(new Date('2100-01-01'));
  });

  it('answers 404 SecretNotFound for a secret and for a version that it does not have', async () => {
    await expect(client.getSecret('nothing')).rejects.toMatchObject({ statusCode: 404, code: 'SecretNotFound' });
    const version = '0'.repeat(32);
    await expect(client.getSecret('greeting', { version })).rejects.toMatchObject({ code: 'SecretNotFound' });
  });

  it('answers 403 SecretDisabled for a disabled secret', async () => {
    vault.set('greeting', 'hush', { enabled: false });
    await expect(client.getSecret('greeting')).rejects.toMatchObject({
      statusCode: 403,
      code: 'Forbidden',
      details: { error: { innerError: { code: 'SecretDisabled' } } },
    });
  });

  it('answers 400 for a name that no vault takes', async () => {
    await expect(client.getSecret('not_a_name')).rejects.toMatchObject({ statusCode: 400, code: 'BadParameter' });
  });

  it('lists every secret once, disabled ones too and without values, over several pages', async () => {
    const names = Array.from({ length: 60 }, (_, index) => `secret-${index}`);
    for (const name of names) vault.set(name, 'x', { enabled: name !== 'secret-7' });
    const pages: string[][] = [];
    for await (const page of client.listPropertiesOfSecrets().byPage()) pages.push(page.map(({ name }) => name));
    expect(pages.flat().toSorted()).toEqual([...names, 'greeting'].toSorted());
    expect(pages.map((page) => page.length)).toEqual([25, 25, 11]);
  });

  it('lists the versions of one secret', async () => {
    const { properties } = await client.setSecret('greeting', 'bonjour');
    const versions = await versionsOf('greeting');
    expect(versions).toHaveLength(2);
    expect(versions).toContain(properties.version);
  });

  it('deletes softly: gone from the secrets, found among the deleted ones, its name taken', async () => {
    const poller = await client.beginDeleteSecret('greeting', { intervalInMs: 1 });
    await poller.pollUntilDone();
    await expect(client.getSecret('greeting')).rejects.toMatchObject({ code: 'SecretNotFound' });
    expect(await client.getDeletedSecret('greeting')).toMatchObject({
      name: 'greeting',
      recoveryId: `${vault.url}/deletedsecrets/greeting`,
    });
    await expect(client.setSecret('greeting', 'again')).rejects.toMatchObject({
      statusCode: 409,
      details: { error: { innerError: { code: 'ObjectIsDeletedButRecoverable' } } },
    });
    vault.set('greeting', 'again');
    expect((await client.getSecret('greeting')).value).toBe('again');
  });

  it('answers every call with the status of an outage until the outage ends', async () => {
    vault.respondWith(503);
    await expect(client.getSecret('greeting')).rejects.toMatchObject({ statusCode: 503 });
    vault.respondWith(undefined);
    expect((await client.getSecret('greeting')).value).toBe('hello');
    expect(vault.requests.map(({ status }) => status)).toEqual([503, 401, 200]);
  });
});

async function versionsOf(name: string): Promise<(string | undefined)[]> {
  const versions: (string | undefined)[] = [];
  for await (const { version } of client.listPropertiesOfSecretVersions(name)) versions.push(version);
  return versions;
}
