import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import { TLSSocket } from 'node:tls';
import type { CertificatePair } from './certificate.ts';
import { answerAccount, type CyberArkAccount, type CyberArkAnswer, refuse } from './cyberark-accounts.ts';
import { listen } from './listen.ts';

/** One call as it was answered. */
interface CyberArkRequest {
  /** Without its query. */
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** The common name of the client certificate, if there was one. */
  readonly client: string | undefined;
  readonly status: number;
}

/** A Central Credential Provider on this machine. */
export interface CyberArk {
  readonly url: string;
  /** Every call, oldest first. */
  readonly requests: readonly CyberArkRequest[];
  /** Changes the account of that name, or adds one; accounts of one name in several folders change together. */
  set(name: string, properties: Partial<Omit<CyberArkAccount, 'name'>>): void;
  /** A change of the account's password by the CPM begins or ends. */
  changing(name: string, isChanging: boolean): void;
  /** An outage: every call is answered with this status, and this body and these headers, until it is `undefined` again. */
  respondWith(status: number | undefined, answer?: { body?: string; headers?: Readonly<Record<string, string>> }): void;
  close(): Promise<void>;
}

const NOT_FOUND: CyberArkAnswer = { status: 404, body: '<h2>404 - File or directory not found.</h2>' };
const NOT_TRUSTED: CyberArkAnswer = { status: 403, body: '<h2>403.16 - The client certificate is not trusted.</h2>' };
const EXPIRED: CyberArkAnswer = { status: 403, body: '<h2>403.17 - The client certificate has expired.</h2>' };

/**
 * Answers for the accounts of one safe over HTTPS. With `clientCa` (PEM) the application is known by a client certificate
 * of that CA: without any the service refuses it, and the web server turns away those that are foreign or expired.
 */
export async function startCyberArk(options: {
  certificate: CertificatePair;
  clientCa?: string;
  appId: string;
  safe: string;
  accounts: readonly CyberArkAccount[];
}): Promise<CyberArk> {
  const { certificate, clientCa, appId, safe } = options;
  const accounts = [...options.accounts];
  const requests: CyberArkRequest[] = [];
  let outage: { status: number; body?: string; headers?: Readonly<Record<string, string>> } | undefined;

  const server = createServer(
    {
      cert: certificate.certificate,
      key: certificate.key,
      ...(clientCa !== undefined && { requestCert: true, rejectUnauthorized: false, ca: clientCa }),
    },
    (request, response) => {
      const { pathname, searchParams: parameters } = new URL(request.url ?? '/', url);
      const { status, body } = outage ? { body: '', ...outage } : decide();
      requests.push({
        path: pathname,
        parameters: Object.fromEntries(parameters),
        client: clientOf(request),
        status,
      });
      const isPage = typeof body === 'string' && !body.startsWith('{');
      const contentType = isPage ? 'text/html' : 'application/json; charset=utf-8';
      response.writeHead(status, { 'Content-Type': contentType, ...outage?.headers });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));

      function decide(): CyberArkAnswer {
        const refusal = clientCa === undefined ? undefined : refuseClient(request);
        if (refusal) return refusal;
        if (request.method !== 'GET' || !/^\/AIMWebService\/api\/Accounts\/?$/i.test(pathname)) return NOT_FOUND;
        return answerAccount(parameters, { appId, safe, accounts });
      }
    },
  );
  const { port, close } = await listen(server);
  const url = `https://127.0.0.1:${port}`;

  const set: CyberArk['set'] = (name, properties) => {
    const indices = accounts.flatMap((account, index) => (account.name === name ? [index] : []));
    for (const index of indices) accounts[index] = { content: '', ...accounts[index], ...properties, name };
    if (indices.length === 0) accounts.push({ content: '', ...properties, name });
  };
  return {
    url,
    requests,
    close,
    set,
    changing: (name, isChanging) => set(name, { isChanging }),
    respondWith: (status, answer) => {
      outage = status === undefined ? undefined : { ...answer, status };
    },
  };
}

function refuseClient(request: IncomingMessage): CyberArkAnswer | undefined {
  if (clientOf(request) === undefined) {
    return refuse(
      403,
      'APPAP306E',
      'Authentication has failed. The application did not pass the authentication checks',
    );
  }
  if (!(request.socket instanceof TLSSocket) || request.socket.authorized) return undefined;
  return String(request.socket.authorizationError) === 'CERT_HAS_EXPIRED' ? EXPIRED : NOT_TRUSTED;
}

function clientOf({ socket }: IncomingMessage): string | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const name = socket.getPeerX509Certificate()?.subject;
  return name?.replace(/^CN=/, '');
}
