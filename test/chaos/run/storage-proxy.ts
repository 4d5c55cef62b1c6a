import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request as send } from 'node:https';
import { pipeline } from 'node:stream/promises';
import type { Azurite } from '../../../infra/local/azurite.ts';
import type { CertificatePair } from '../../../infra/local/certificate.ts';
import { listen } from '../../../infra/local/listen.ts';
import type { Deed } from '../plan/plan.ts';

type Failing = Omit<Extract<Deed, { does: 'failStorage' }>, 'does'>;
type Service = Failing['service'];

/** Storage as the app reaches it: what stands behind fails for nobody else. */
export interface StorageProxy {
  readonly blobUrl: string;
  readonly queueUrl: string;
  readonly tableUrl: string;
  /** The next requests to a service fail. */
  fail(failing: Failing): void;
  /** No more of them do. */
  recover(): void;
  /** How many did. */
  readonly failed: number;
  close(): Promise<void>;
}

/**
 * Stands between the app and Azurite, over HTTPS with the same certificate. `busy` is answered 503 as storage does when it
 * throttles, `reset` cuts the connection before anything was carried out, `answerLost` after that.
 */
export async function startStorageProxy(azurite: Azurite, certificate: CertificatePair): Promise<StorageProxy> {
  await using starting = new AsyncDisposableStack();
  const agent = starting.adopt(new Agent({ keepAlive: true, ca: certificate.certificate }), (made) => made.destroy());
  const waiting: Failing[] = [];
  let failed = 0;

  /** Takes one request off the first failure that is in force for the service. */
  function strike(service: Service): Failing['how'] | undefined {
    const index = waiting.findIndex((failing) => failing.service === service);
    const failing = waiting[index];
    if (!failing) return undefined;
    failed += 1;
    if (failing.requests > 1) waiting[index] = { ...failing, requests: failing.requests - 1 };
    else waiting.splice(index, 1);
    return failing.how;
  }

  function forward(target: URL, request: IncomingMessage, response: ServerResponse, isLost: boolean): void {
    const { method, url = '/', headers } = request;
    const { hostname, port } = target;
    const upstream = send({ hostname, port, method, path: url, headers, agent }, (answer) => {
      if (isLost) {
        answer.resume().once('close', () => request.socket.destroy());
        return;
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      pipeline(answer, response).catch(() => request.socket.destroy());
    });
    upstream.on('error', () => request.socket.destroy());
    pipeline(request, upstream).catch(() => upstream.destroy());
  }

  async function start(service: Service, url: string): Promise<string> {
    const target = new URL(url);
    const server = createServer({ cert: certificate.certificate, key: certificate.key }, (request, response) => {
      const how = strike(service);
      if (how === 'reset') request.socket.destroy();
      else if (how === 'busy') {
        request.resume();
        response.writeHead(503, { 'Content-Type': 'application/xml', 'x-ms-error-code': 'ServerBusy' });
        response.end(
          '<?xml version="1.0"?><Error><Code>ServerBusy</Code><Message>The server is busy.</Message></Error>',
        );
      } else forward(target, request, response, how === 'answerLost');
    });
    const { port } = starting.adopt(await listen(server), ({ close }) => close());
    return `https://127.0.0.1:${port}${target.pathname}`;
  }

  const [blobUrl, queueUrl, tableUrl] = await Promise.all([
    start('blob', azurite.blobUrl()),
    start('queue', azurite.queueUrl()),
    start('table', azurite.tableUrl()),
  ]);
  const started = starting.move();
  return {
    blobUrl,
    queueUrl,
    tableUrl,
    fail: (failing) => void waiting.push(failing),
    recover: () => void waiting.splice(0),
    get failed() {
      return failed;
    },
    close: () => started.disposeAsync(),
  };
}
