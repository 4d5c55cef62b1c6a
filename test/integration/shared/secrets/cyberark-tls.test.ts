import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeCertificate, makeRsaCertificate } from '../../../../infra/local/certificate.ts';
import { trustCertificate } from '../../../../infra/local/trust-certificate.ts';
import { runCertificate } from '../../../lease-account.ts';
import { everythingIn } from '../servicenow/everything-in.ts';
import { CANARY, sourceOf, startCyberArkForTests } from './start-cyberark.ts';
import { thrownBy } from './thrown-by.ts';

const LOGIN = { Login: 'Desk' };
const DAY_IN_MS = 86_400_000;

describe('the client certificate', () => {
  it('that CyberArk trusts is shown, and its end is known', async () => {
    await using cyberArk = await startCyberArkForTests();
    const notAfter = new Date(Math.ceil(Date.now() / 1000) * 1000 + 3 * DAY_IN_MS);
    const client = await makeRsaCertificate({ commonName: 'ending', issuer: cyberArk.clientCa, notAfter });
    const reading = await cyberArk.source(LOGIN, { client }).read('Tickets');
    expect(reading?.settings.get('Login')?.value).toBe('svc-desk');
    expect(reading?.expiring).toEqual([{ what: 'certificate CN=ending', expiresOn: notAfter }]);
    expect(cyberArk.requests.map((request) => request.client)).toEqual(['ending']);
  });

  it('that is missing is a fault of each setting', async () => {
    await using cyberArk = await startCyberArkForTests();
    const { client: _, ...withoutClient } = cyberArk.configuration;
    const reading = await sourceOf(withoutClient, LOGIN).read('Tickets');
    expect(reading?.settings.size).toBe(0);
    expect(reading?.faults).toEqual([
      { setting: 'Login', message: expect.stringMatching(/\(403 APPAP306E: .*\); check what CyberArk authenticates/) },
    ]);
  });

  it.each([
    ['of another CA', {}, false],
    ['that has expired', { notBefore: new Date('2020-01-01'), notAfter: new Date('2021-01-01') }, true],
  ])('%s is turned away by the web server, which is a fault that says so', async (_what, dates, isOurs) => {
    await using cyberArk = await startCyberArkForTests();
    const issuer = isOurs ? cyberArk.clientCa : await makeRsaCertificate({ commonName: 'foreign CA' });
    const client = await makeRsaCertificate({ commonName: 'connector', issuer, ...dates });
    const reading = await cyberArk.source(LOGIN, { client }).read('Tickets');
    expect(reading?.settings.size).toBe(0);
    expect(reading?.faults[0]?.message).toMatch(
      /\(403\); the web server turned the app away; mostly it wants a client/,
    );
  });

  it('that was renewed is shown at the next reading, over a connection of its own', async () => {
    await using cyberArk = await startCyberArkForTests();
    let { client } = cyberArk.configuration;
    const { cyberArkSource } = await import('../../../../shared/secrets/cyberark.ts');
    const source = cyberArkSource({
      loadConfiguration: async () => ({ ...cyberArk.configuration, ...(client && { client }) }),
      loadAccounts: async () => ({ accounts: new Map(Object.entries(LOGIN)), faults: [], warnings: [] }),
    });
    await source.read('Tickets');
    client = await makeRsaCertificate({ commonName: 'renewed', issuer: cyberArk.clientCa });
    await source.read('Tickets');
    expect(cyberArk.requests.map((request) => request.client)).toEqual(['connector', 'renewed']);
  });

  it.each([
    ['is rubbish', () => ({ certificate: CANARY, key: CANARY })],
    [
      'has another key',
      async () => ({
        ...(await makeRsaCertificate({ commonName: 'a' })),
        key: (await makeRsaCertificate({ commonName: 'b' })).key,
      }),
    ],
    [
      'has an encrypted key',
      async () => {
        const made = await makeRsaCertificate({ commonName: 'a' });
        return { certificate: made.certificate, key: made.encryptedKey(CANARY) };
      },
    ],
  ])('that %s is a hold that says so, without the key', async (_what, make) => {
    await using cyberArk = await startCyberArkForTests();
    const client = await make();
    const error = await thrownBy(cyberArk.source(LOGIN, { client }).read('Tickets'));
    expect(error).toMatchObject({ name: 'HoldError', failure: { class: 'hold', scope: 'settings' } });
    expect(error.message).toContain('the client certificate that section CyberArk of appsettings.json names');
    for (const secret of [CANARY, client.key.slice(100, 160) || CANARY]) {
      expect(everythingIn(error)).not.toContain(secret);
    }
  });

  it.each([
    [40, 'it ended the TLS handshake'],
    [42, 'it refused the client certificate'],
    [43, 'it does not take a client certificate of that kind'],
    [44, 'it says that the client certificate is revoked'],
    [45, 'it says that the client certificate has expired'],
    [46, 'it refused the client certificate'],
    [48, 'it does not know the CA of the client certificate'],
    [49, 'it refused access with that client certificate'],
    [51, 'it could not check the client certificate'],
    [70, 'it has no TLS version in common'],
    [116, 'it wants a client certificate'],
  ])('that is refused within the handshake with alert %i is a hold that says why', async (alert, reason) => {
    await using server = await startAlerting(alert);
    const error = await thrownBy(server.read());
    expect(error).toMatchObject({ name: 'HoldError', failure: { class: 'hold', scope: 'settings' } });
    expect(error.message).toContain(`can't be called (TLS alert ${alert}): ${reason}`);
  });

  it('has nothing to do with an alert that says the server is unwell', async () => {
    await using server = await startAlerting(80);
    expect((await thrownBy(server.read())).name).toBe('UnavailableError');
  });

  it('that is missing is a hold where the server refuses the connection after the handshake', async () => {
    const certificate = runCertificate();
    trustCertificate(certificate.certificate);
    const ca = await makeRsaCertificate({ commonName: 'client CA' });
    const options = { cert: certificate.certificate, key: certificate.key, requestCert: true, ca: ca.certificate };
    await using server = await startRaw(
      createHttpsServer(options, () => {}),
      'https',
    );
    const error = await thrownBy(server.read());
    expect(error.name).toBe('HoldError');
    expect(error.message).toContain('(TLS alert 116): it wants a client certificate');
  });
});

describe('the certificate of the server', () => {
  it('that nobody here trusts is a hold that says how to trust it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'servicenow-ticket-connector-'));
    const certificate = await makeCertificate(directory);
    await rm(directory, { recursive: true });
    const options = { cert: certificate.certificate, key: certificate.key };
    await using server = await startRaw(
      createHttpsServer(options, () => {}),
      'https',
    );
    const error = await thrownBy(server.read());
    expect(error).toMatchObject({ name: 'HoldError', failure: { class: 'hold', scope: 'settings' } });
    expect(error.message).toMatch(
      /\(DEPTH_ZERO_SELF_SIGNED_CERT\): its certificate is not trusted here; .*NODE_EXTRA_CA_CERTS/,
    );
  });

  it.each([
    ['not for servers', {}, 'INVALID_PURPOSE', 'its certificate is not one for servers'],
    ['for another name', { canServe: true }, 'ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another name'],
    [
      'that has expired',
      { notBefore: new Date('2020-01-01'), notAfter: new Date('2021-01-01') },
      'CERT_HAS_EXPIRED',
      'its certificate has expired',
    ],
    [
      'that is not valid yet',
      { notBefore: new Date('2100-01-01'), notAfter: new Date('2101-01-01') },
      'CERT_NOT_YET_VALID',
      'its certificate is not valid yet',
    ],
  ])('%s is a hold that says so', async (_what, options, code, reason) => {
    const { certificate, key } = await makeRsaCertificate({ commonName: `server ${code}`, ...options });
    trustCertificate(certificate);
    await using server = await startRaw(
      createHttpsServer({ cert: certificate, key }, () => {}),
      'https',
    );
    const error = await thrownBy(server.read());
    expect(error.name).toBe('HoldError');
    expect(error.message).toContain(`(${code}): ${reason}`);
  });

  it('is missing where the port speaks no TLS, which is a hold', async () => {
    await using server = await startRaw(createHttpServer(), 'https');
    const error = await thrownBy(server.read());
    expect(error.name).toBe('HoldError');
    expect(error.message).toContain('it does not speak TLS at that port');
  });
});

describe('an answer', () => {
  const withHttp = (listener: RequestListener) => startRaw(createHttpServer(listener), 'http');

  it('is taken over plain http from a loopback address', async () => {
    await using server = await withHttp((_request, response) =>
      response.end(JSON.stringify({ Content: 'x', UserName: 'plain' })),
    );
    expect((await server.read())?.settings.get('Login')?.value).toBe('plain');
  });

  it('that never comes is given up in time, and its connection let go', async () => {
    const left = Promise.withResolvers<void>();
    await using server = await withHttp((request) => request.socket.once('close', () => left.resolve()));
    const error = await thrownBy(server.read(200));
    expect(error.name).toBe('UnavailableError');
    expect(error.message).toContain('gave no answer (no answer in time); it is tried again');
    await left.promise;
  });

  it('that trickles without end is given up in time', async () => {
    await using server = await withHttp(async (_request, response) => {
      response.writeHead(200).write('{"Content":"');
      const timer = setInterval(() => response.write(CANARY), 10);
      await once(response, 'close');
      clearInterval(timer);
    });
    const error = await thrownBy(server.read(200));
    expect(error.name).toBe('UnavailableError');
    expect(everythingIn(error)).not.toContain(CANARY);
  });

  it('that breaks off is none', async () => {
    await using server = await withHttp((_request, response) => {
      response.writeHead(200, { 'Content-Length': '1000' }).write(`{"Content":"${CANARY}`, () => response.destroy());
    });
    const error = await thrownBy(server.read());
    expect(error.name).toBe('UnavailableError');
    expect(everythingIn(error)).not.toContain(CANARY);
  });

  it('that sends the app elsewhere is not followed', async () => {
    const paths: string[] = [];
    await using server = await withHttp((request, response) => {
      paths.push(request.url ?? '');
      response.writeHead(302, { Location: '/elsewhere' }).end();
    });
    expect((await server.read())?.faults[0]?.message).toContain('(302); check CyberArk:Server');
    expect(paths).toEqual(['/AIMWebService/api/Accounts?AppID=my%20app&Safe=a%2Bb&Object=Desk']);
  });

  it('comes over one connection that is used again', async () => {
    let connections = 0;
    const server = createHttpServer((_request, response) => response.end('{"Content":"x","UserName":"a"}'));
    server.on('connection', () => {
      connections += 1;
    });
    await using started = await startRaw(server, 'http');
    const source = started.source();
    await source.read('Tickets');
    await source.read('Tickets');
    expect(connections).toBe(1);
  });
});

/** A server that answers every beginning of a handshake with a fatal alert (RFC 8446, section 6). */
function startAlerting(alert: number) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(Buffer.from([21, 3, 3, 0, 2, 2, alert])));
  });
  return startRaw(server, 'https');
}

/** A source that asks that server. */
async function startRaw(server: Server, scheme: 'http' | 'https') {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('Expected a TCP port');
  const configuration = {
    server: `${scheme}://127.0.0.1:${address.port}`,
    safeName: 'a+b',
    applicationId: 'my app',
  };
  const source = (timeoutInMs?: number) => sourceOf(configuration, LOGIN, timeoutInMs);
  return {
    source,
    read: (timeoutInMs?: number) => source(timeoutInMs).read('Tickets'),
    [Symbol.asyncDispose]: async () => {
      if ('closeAllConnections' in server && typeof server.closeAllConnections === 'function')
        server.closeAllConnections();
      server.close();
    },
  };
}
