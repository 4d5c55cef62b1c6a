import { createPrivateKey, X509Certificate } from 'node:crypto';
import { SecretClient } from '@azure/keyvault-secrets';
import forge from 'node-forge';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { makeRsaCertificate } from '../../../../infra/local/certificate.ts';
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

describe('a certificate in the local key vault', () => {
  it('is a secret with the dates of the certificate: its PFX file, or PEM for who asks for it', async () => {
    const [notBefore, notAfter] = [new Date('2026-01-01T00:00:00Z'), new Date('2027-01-01T00:00:00Z')];
    const made = await makeRsaCertificate({ commonName: 'settings', notBefore, notAfter });
    vault.setCertificate('settings', made);
    const pfx = await client.getSecret('settings');
    expect(pfx.properties).toMatchObject({
      contentType: 'application/x-pkcs12',
      notBefore,
      expiresOn: notAfter,
    });
    const { safeContents } = forge.pkcs12.pkcs12FromAsn1(forge.asn1.fromDer(forge.util.decode64(pfx.value ?? '')), '');
    expect(safeContents.flatMap(({ safeBags }) => safeBags)).toHaveLength(2);

    const pem = await client.getSecret('settings', { outContentType: 'application/x-pem-file' });
    expect(pem.properties.contentType).toBe('application/x-pem-file');
    const certificate = new X509Certificate(pem.value ?? '');
    expect(certificate.fingerprint256).toBe(new X509Certificate(made.certificate).fingerprint256);
    expect(certificate.checkPrivateKey(createPrivateKey(pem.value ?? ''))).toBe(true);
  });

  it('is the only secret that comes as PEM', async () => {
    const { value, properties } = await client.getSecret('greeting', { outContentType: 'application/x-pem-file' });
    expect([value, properties.contentType]).toEqual(['hello', undefined]);
  });
});

describe('the troubles of the local key vault', () => {
  it.each(['ForbiddenByRbac', 'ForbiddenByPolicy', 'ForbiddenByFirewall', 'ForbiddenByConnection'] as const)(
    'refuses with 403 %s, but not before a token is shown',
    async (code) => {
      vault.refuse(code);
      await expect(client.getSecret('greeting')).rejects.toMatchObject({
        statusCode: 403,
        code: 'Forbidden',
        details: { error: { innerError: { code } } },
      });
      expect(vault.requests.map(({ status }) => status)).toEqual([401, 403]);
      vault.refuse(undefined);
      expect((await client.getSecret('greeting')).value).toBe('hello');
    },
  );

  it('refuses one secret alone, by its name in any case of letters', async () => {
    vault.set('other', 'world');
    vault.refuse('ForbiddenByPolicy', 'GREETING');
    await expect(client.getSecret('greeting')).rejects.toMatchObject({ statusCode: 403 });
    expect((await client.getSecret('other')).value).toBe('world');
  });

  it('throttles as many calls as it is told, and says when to come again', async () => {
    vault.throttle(2, 7);
    for (let call = 0; call < 2; call++) {
      await expect(client.getSecret('greeting')).rejects.toMatchObject({ statusCode: 429, code: 'Throttled' });
    }
    expect((await client.getSecret('greeting')).value).toBe('hello');
    vault.throttle(1, 7);
    const { token } = await makeIdentityCredential(identity).getToken('https://vault.azure.net/.default');
    const headers = { Authorization: `Bearer ${token}` };
    const response = await fetch(`${vault.url}/secrets/greeting?api-version=2025-07-01`, { headers });
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '7']);
  });

  it('takes calls without answering any, later ones only after it is told to', async () => {
    vault.hang(true);
    const came = vault.waitForRequest();
    const abort = new AbortController();
    const read = expect(client.getSecret('greeting', { abortSignal: abort.signal })).rejects.toThrow(/abort/);
    await came;
    vault.hang(false);
    expect((await client.getSecret('greeting')).value).toBe('hello');
    abort.abort();
    await read;
  });

  it('can be away, and come back at its address with its secrets', async () => {
    await vault.close();
    await expect(client.getSecret('greeting')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await vault.reopen();
    expect((await client.getSecret('greeting')).value).toBe('hello');
  });
});

describe('a local key vault of its own kind', () => {
  const start = async (options: Omit<Parameters<typeof startKeyVault>[0], 'certificate'>) => {
    const { certificate } = inject('storage');
    const started = await startKeyVault({ certificate, secrets: { greeting: 'hello' }, ...options });
    const own = new SecretClient(started.url, makeIdentityCredential(identity), {
      disableChallengeResourceVerification: true,
      retryOptions: { maxRetries: 0 },
    });
    return { own, [Symbol.asyncDispose]: started.close };
  };

  it('lets in the identities that have a role on it, and no other', async () => {
    await using open = await start({ allowedClientIds: [identity.clientId] });
    expect((await open.own.getSecret('greeting')).value).toBe('hello');
    await using closed = await start({ allowedClientIds: ['11111111-2222-3333-4444-555555555555'] });
    await expect(closed.own.getSecret('greeting')).rejects.toMatchObject({
      statusCode: 403,
      details: { error: { innerError: { code: 'ForbiddenByRbac' } } },
    });
  });

  it('asks for a token of its cloud', async () => {
    await using china = await start({ resource: 'https://vault.azure.cn' });
    expect((await china.own.getSecret('greeting')).value).toBe('hello');
    expect(identity.requests.at(-1)?.resource).toBe('https://vault.azure.cn');
  });
});

async function versionsOf(name: string): Promise<(string | undefined)[]> {
  const versions: (string | undefined)[] = [];
  for await (const { version } of client.listPropertiesOfSecretVersions(name)) versions.push(version);
  return versions;
}
