import { ManagedIdentityCredential } from '@azure/identity';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeIdentityCredential } from '../../../../infra/local/identity-credential.ts';
import { type ManagedIdentity, startManagedIdentity } from '../../../../infra/local/managed-identity.ts';

let identity: ManagedIdentity;

// The real credential keeps the first endpoint and the tokens of a process, so one endpoint serves all tests here.
beforeAll(async () => {
  identity = await startManagedIdentity();
  vi.stubEnv('IDENTITY_ENDPOINT', identity.endpoint);
  vi.stubEnv('IDENTITY_HEADER', identity.header);
});
afterAll(() => identity.close());

const claimsOf = (token: string): unknown => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

describe('the local identity endpoint', () => {
  it('gives the real credential a token for the resource asked for, valid now and for a day', async () => {
    const now = Date.now() / 1000;
    const { token, expiresOnTimestamp } = await new ManagedIdentityCredential().getToken(
      'https://vault.azure.net/.default',
    );
    expect(claimsOf(token)).toMatchObject({
      aud: 'https://vault.azure.net',
      iss: expect.stringMatching(/^https:\/\/sts\.windows\.net\/[0-9a-f-]{36}\/$/),
    });
    expect(claimsOf(token)).toMatchObject({ nbf: expect.closeTo(now, -1), exp: expect.closeTo(now + 86_400, -1) });
    expect(expiresOnTimestamp / 1000).toBeCloseTo(now + 86_400, -1);
  });

  it('hears which user-assigned identity is meant', async () => {
    const clientId = '11111111-2222-3333-4444-555555555555';
    const { token } = await new ManagedIdentityCredential({ clientId }).getToken('https://storage.azure.com/.default');
    expect(identity.requests.at(-1)).toEqual({ resource: 'https://storage.azure.com', clientId });
    expect(claimsOf(token)).toMatchObject({ appid: clientId });
  });

  it('refuses a wrong header', async () => {
    const before = identity.requests.length;
    const stranger = makeIdentityCredential({ endpoint: identity.endpoint, header: 'guessed' });
    await expect(stranger.getToken('https://vault.azure.net/.default')).rejects.toThrow(/got status 401/);
    expect(identity.requests).toHaveLength(before);
  });

  it('refuses a request without a resource or with another API version', async () => {
    const ask = (query: string) =>
      fetch(`${identity.endpoint}?${query}`, { headers: { 'X-IDENTITY-HEADER': identity.header } });
    expect((await ask('api-version=2019-08-01')).status).toBe(400);
    expect((await ask('api-version=2017-09-01&resource=https://vault.azure.net')).status).toBe(400);
    expect((await ask('api-version=2019-08-01&resource=https://vault.azure.net')).status).toBe(200);
  });
});
