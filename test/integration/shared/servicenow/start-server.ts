import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Certificate } from '../../../../infra/local/certificate.ts';
import { listen } from '../../../../infra/local/listen.ts';

/** A server of HTTP that does whatever `listener` does, for answers that no instance of ServiceNow would give. */
export interface StartedServer {
  /** As a connection's `Server`. */
  readonly tables: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts it on the loopback, for HTTPS where a certificate is given; `await using` ends it. */
export async function startServer(listener: RequestListener, certificate?: Certificate): Promise<StartedServer> {
  const server = certificate
    ? createSecureServer({ cert: certificate.certificate, key: certificate.key }, listener)
    : createServer(listener);
  const { port, close } = await listen(server);
  const root = `${certificate ? 'https' : 'http'}://127.0.0.1:${port}`;
  return { tables: `${root}/api/now/table`, [Symbol.asyncDispose]: close };
}

/** An address on which nothing listens, as a connection's `Server`. */
export async function closedServer(): Promise<string> {
  await using server = await startServer(() => {});
  return server.tables;
}
