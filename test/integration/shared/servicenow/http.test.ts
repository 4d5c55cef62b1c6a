import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { makeCertificate } from '../../../../infra/local/certificate.ts';
import { failureOf } from './failure-of.ts';
import { startClient } from './start-client.ts';
import { closedServer, startServer } from './start-server.ts';

/** The failure of a POST to a server of that kind, and how often it was sent. */
async function postTo(listener: RequestListener, requestTimeoutInMs = 5_000) {
  await using server = await startServer(listener);
  await using started = await startClient({ settings: { Server: server.tables }, requestTimeoutInMs });
  const { execution, failure, message } = await failureOf(started.post());
  return { execution, failureClass: failure.class, message, sends: started.sends.length };
}

const success = { 'Content-Type': 'application/json', Date: new Date().toUTCString() };
const unclear = { execution: 'unknown', failureClass: 'transient', sends: 1 };

describe('a request', () => {
  it('has no cookie in it, although every answer sets some, and uses its connection again', async () => {
    await using started = await startClient();
    await started.get();
    await started.post();
    await started.get();
    expect(started.sends.map(({ headerNames }) => headerNames.includes('cookie'))).toEqual([false, false, false]);
    expect(started.sends.map(({ reusedSocket }) => reusedSocket)).toEqual([false, true, true]);
  });

  it('takes compressed answers', async () => {
    await using started = await startClient();
    await started.get();
    expect(started.sends[0]?.headerNames).toContain('accept-encoding');
  });

  it('certainly did nothing where nobody listens', async () => {
    await using started = await startClient({ settings: { Server: await closedServer() } });
    const error = await failureOf(started.post());
    expect([error.execution, error.failure.class, started.sends.length]).toEqual(['none', 'transient', 1]);
    expect(error.message).toMatch(
      /^ServiceNow at 127\.0\.0\.1:\d+ \(connection "Tickets"\) gave no answer: ECONNREFUSED$/,
    );
  });

  it('certainly did nothing where the certificate is not trusted', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'servicenow-ticket-connector-'));
    await using server = await startServer(() => {}, await makeCertificate(directory));
    await rm(directory, { recursive: true });
    await using started = await startClient({ settings: { Server: server.tables } });
    const error = await failureOf(started.post());
    expect([error.execution, error.failure.class]).toEqual(['none', 'transient']);
    expect(error.message).toMatch(/gave no answer: DEPTH_ZERO_SELF_SIGNED_CERT$/);
  });
});

describe('an answer', () => {
  it('that trickles without end is given up in time, and its connection let go', async () => {
    const left = Promise.withResolvers<void>();
    const trickle: RequestListener = async (_request, response) => {
      response.writeHead(201, success).write('{"result":{"sys_id":"');
      const timer = setInterval(() => response.write('x'), 10);
      await once(response, 'close');
      clearInterval(timer);
      left.resolve();
    };
    const failure = await postTo(trickle, 200);
    expect(failure).toMatchObject(unclear);
    expect(failure.message).toMatch(/gave no answer: no answer in time$/);
    await left.promise;
  });

  it('whose headers never end is given up in time', async () => {
    expect(await postTo((request) => void request.socket.write('HTTP/1.1 201 Created\r\nX-'), 200)).toMatchObject(
      unclear,
    );
  });

  it('that ends before its length is none', async () => {
    const half: RequestListener = (_request, response) => {
      response.writeHead(201, { ...success, 'Content-Length': 1000 });
      response.write('{"result":{"sys_id":"1"}}', () => response.destroy());
    };
    expect(await postTo(half)).toMatchObject(unclear);
  });

  it('of more than 64 MiB is refused while it comes', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    let sent = 0;
    function* chunks() {
      for (; sent < 200; sent += 1) yield chunk;
    }
    const flood: RequestListener = (_request, response) =>
      void pipeline(chunks, response.writeHead(201, success)).catch(() => {});
    expect(await postTo(flood)).toMatchObject(unclear);
    expect(sent).toBeLessThan(200);
  });

  it('that is not HTTP is a failure like any other', async () => {
    expect(await postTo((request) => void request.socket.end('SSH-2.0-OpenSSH_9.6\r\n'))).toMatchObject(unclear);
  });

  it('of another place is never asked for: redirects stay unfollowed', async () => {
    const paths: string[] = [];
    const redirect: RequestListener = ({ url = '' }, response) => {
      paths.push(url);
      response.writeHead(302, { Location: '/login_redirect.do' }).end();
    };
    expect(await postTo(redirect)).toMatchObject(unclear);
    expect(paths.map((path) => path.split('?')[0])).toEqual(['/api/now/table/incident']);
  });
});
