import { createServer } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeRsaCertificate } from '../../../../infra/local/certificate.ts';
import { listen } from '../../../../infra/local/listen.ts';
import { HoldError } from '../../../../shared/errors.ts';
import { everythingIn } from '../servicenow/everything-in.ts';
import { startVault } from './start-vault.ts';
import { thrownBy } from './thrown-by.ts';

const CANARY = 'canary-4711-secret';

/** Where each name leads: the client reaches every host through a proxy, as behind many a firewall. */
const ports = new Map<string, number>();
const proxy = createServer().on('connect', (request, client, head) => {
  const upstream = connect(ports.get(request.url?.split(':')[0] ?? '') ?? 0, '127.0.0.1', () => {
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    upstream.write(head);
    upstream.pipe(client).pipe(upstream);
  });
  for (const socket of [client, upstream]) socket.on('error', () => [client, upstream].map((end) => end.destroy()));
});
let close: () => Promise<void>;

beforeAll(async () => {
  const listening = await listen(proxy);
  close = listening.close;
  vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${listening.port}`);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  // Not waited for: tunnels are no connections of the server any more.
  void close();
});

/** A vault that is found under a name of its own, not on the loopback, and challenges for a token for `resource`. */
async function startNamedVault(host: string, resource: string) {
  const certificate = await makeRsaCertificate({ commonName: host, canServe: true });
  const vault = await startVault({ certificate, resource });
  ports.set(host, Number(new URL(vault.url).port));
  vault.setConnection('Tickets', { Login: 'a', Password: CANARY });
  const source = vault.source({ url: `https://${host}` });
  return { vault, source, [Symbol.dispose]: vault[Symbol.dispose] };
}

describe('a vault of', () => {
  it.each([
    ['the public cloud', 'tickets.vault.azure.net', 'https://vault.azure.net'],
    ['the cloud in China', 'tickets.vault.azure.cn', 'https://vault.azure.cn'],
    ['the US government', 'tickets.vault.usgovcloudapi.net', 'https://vault.usgovcloudapi.net'],
  ])('%s is read with a token for that cloud, which its challenge names', async (_cloud, host, resource) => {
    using named = await startNamedVault(host, resource);
    const reading = await named.source.read('Tickets');
    expect(reading?.settings.get('Password')?.value).toBe(CANARY);
    expect(named.vault.identity.requests).toEqual([{ resource }]);
  });

  it.each([
    ['another cloud than its challenge', 'mistaken.vault.azure.cn', 'https://vault.azure.net'],
    ['nobody knows whom', 'vault.contoso.com', 'https://vault.azure.net'],
    ['a name that only ends alike', 'evilvault.azure.net', 'https://vault.azure.net'],
    [
      'a private link, by an address that is not its own',
      'tickets.privatelink.vaultcore.azure.net',
      'https://vault.azure.net',
    ],
  ])('%s gets no token, and that is a hold', async (_whom, host, resource) => {
    using named = await startNamedVault(host, resource);
    const error = await thrownBy(named.source.read('Tickets'));
    expect(error).toBeInstanceOf(HoldError);
    expect(error.message).toContain(`Key Vault https://${host} asks for a token for another service`);
    expect(named.vault.identity.requests).toEqual([]);
    expect(named.vault.requests.length).toBeGreaterThan(0);
    expect(named.vault.requests.filter(({ authorized }) => authorized)).toEqual([]);
    expect(everythingIn(error)).not.toContain(CANARY);
  });
});
