import { randomUUID } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import { listen } from './listen.ts';

/** The identity endpoint of an app: what `IDENTITY_ENDPOINT` and `IDENTITY_HEADER` name. */
export interface ManagedIdentity {
  readonly endpoint: string;
  readonly header: string;
  /** The client id in the tokens of the app's own identity, those that no client id is asked for. */
  readonly clientId: string;
  /** The tokens given out, oldest first. */
  readonly requests: readonly { resource: string; clientId?: string }[];
  close(): Promise<void>;
}

const TOKEN_LIFE_IN_SECONDS = 24 * 60 * 60;

/**
 * Answers as App Service's token endpoint does: `GET ?api-version=2019-08-01&resource=<resource>[&client_id=<id>]` with
 * the header `X-IDENTITY-HEADER`, over plain http. The token is unsigned; nothing local checks signatures, and nothing
 * elsewhere takes it. Public documentation: "Use managed identities for App Service and Azure Functions", REST endpoint.
 */
export async function startManagedIdentity(): Promise<ManagedIdentity> {
  const header = randomUUID();
  const ownClientId = randomUUID();
  const requests: { resource: string; clientId?: string }[] = [];
  const server = createServer((request, response) => {
    const parameters = new URL(request.url ?? '/', 'http://127.0.0.1').searchParams;
    const resource = parameters.get('resource');
    const clientId = parameters.get('client_id');
    if (request.headers['x-identity-header'] !== header) {
      answer(response, 401, { statusCode: 401, message: 'The X-IDENTITY-HEADER header is missing or wrong.' });
    } else if (parameters.get('api-version') !== '2019-08-01' || !resource) {
      answer(response, 400, { statusCode: 400, message: 'Expected api-version=2019-08-01 and a resource.' });
    } else {
      requests.push({ resource, ...(clientId && { clientId }) });
      answer(response, 200, makeToken(resource, clientId ?? ownClientId, Math.floor(Date.now() / 1000)));
    }
  });
  const { port, close } = await listen(server);
  return { endpoint: `http://127.0.0.1:${port}/msi/token`, header, clientId: ownClientId, requests, close };
}

function makeToken(resource: string, clientId: string, now: number) {
  const tenant = '00000000-0000-4000-8000-000000000000';
  const expires = now + TOKEN_LIFE_IN_SECONDS;
  const claims = {
    aud: resource,
    iss: `https://sts.windows.net/${tenant}/`,
    iat: now,
    nbf: now,
    exp: expires,
    appid: clientId,
    tid: tenant,
  };
  const parts = [{ typ: 'JWT', alg: 'none' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  return {
    access_token: `${parts.join('.')}.`,
    client_id: clientId,
    expires_on: String(expires),
    not_before: String(now),
    resource,
    token_type: 'Bearer',
  };
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
