import { createServer } from 'node:https';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import type { Certificate } from './certificate.ts';
import { listen } from './listen.ts';
import { makeVaultOperations, refuse, type VaultAnswer } from './vault-operations.ts';
import { makeVaultSecrets } from './vault-secrets.ts';

/** A key vault on this machine. */
export interface KeyVault {
  readonly url: string;
  /** Adds a version; `exp` and `nbf` only inform, `enabled: false` refuses reading. */
  set(name: string, value: string, attributes?: { enabled?: boolean; exp?: Date; nbf?: Date }): void;
  /** Deletes softly: the secret is then found under `/deletedsecrets` only, until it is `set` again. */
  delete(name: string): void;
  /** Every call that was answered, oldest first; `path` is without its query. */
  readonly requests: readonly { method: string; path: string; authorized: boolean; status: number }[];
  /** An outage: every call is answered with this status until it is `undefined` again. */
  respondWith(status: number | undefined): void;
  close(): Promise<void>;
}

const RESOURCE = 'https://vault.azure.net';
const CHALLENGE = `Bearer authorization="https://login.microsoftonline.com/00000000-0000-4000-8000-000000000000", resource="${RESOURCE}"`;
const tokenClaims = z.object({ aud: z.literal(RESOURCE), nbf: z.number(), exp: z.number() });

/**
 * Answers the Key Vault REST API over HTTPS. A call without a token for the vault, or with an expired one, gets 401 and
 * the challenge that names the resource; a token's signature is not looked at.
 * Public documentation: "Authentication, requests and responses" of Azure Key Vault.
 */
export async function startKeyVault(options: {
  certificate: Certificate;
  secrets?: Record<string, string>;
}): Promise<KeyVault> {
  const { certificate, key } = options.certificate;
  const secrets = makeVaultSecrets();
  const requests: { method: string; path: string; authorized: boolean; status: number }[] = [];
  let outage: number | undefined;

  const server = createServer({ cert: certificate, key }, async (request, response) => {
    const { method = 'GET', headers } = request;
    const { pathname, searchParams: query } = new URL(request.url ?? '/', url);
    const path = pathname.split('/').filter(Boolean);
    const body = await text(request);
    const authorized = isAuthorized(headers.authorization);
    const answer = decide();
    requests.push({ method, path: pathname, authorized, status: answer.status });
    response.writeHead(answer.status, {
      'Content-Type': 'application/json; charset=utf-8',
      ...(answer.status === 401 && { 'WWW-Authenticate': CHALLENGE }),
    });
    response.end(JSON.stringify(answer.body));

    function decide(): VaultAnswer {
      if (outage !== undefined) return refuse(outage, 'ServiceUnavailable', 'The vault was told to answer this.');
      return authorized
        ? operate({ method, path, query, body })
        : refuse(401, 'Unauthorized', 'AKV10000: Request is missing a valid Bearer or PoP token.');
    }
  });
  const { port, close } = await listen(server);
  const url = `https://127.0.0.1:${port}`;
  const operate = makeVaultOperations(url, secrets);

  for (const [name, value] of Object.entries(options.secrets ?? {})) secrets.set(name, { value });
  return {
    url,
    requests,
    close,
    set: (name, value, { enabled, exp, nbf } = {}) => {
      secrets.set(name, { value, attributes: { enabled, exp: toSeconds(exp), nbf: toSeconds(nbf) } });
    },
    delete: (name) => {
      const secret = secrets.find(name);
      if (secret === undefined) throw new Error(`Expected a secret to delete, but the vault has no ${name}.`);
      secrets.delete(secret);
    },
    respondWith: (status) => {
      outage = status;
    },
  };
}

function isAuthorized(authorization: string | undefined): boolean {
  const [scheme, token = ''] = authorization?.split(' ') ?? [];
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
    const { nbf, exp } = tokenClaims.parse(JSON.parse(payload));
    const now = Date.now() / 1000;
    return scheme === 'Bearer' && nbf <= now && now < exp;
  } catch {
    return false;
  }
}

function toSeconds(date: Date | undefined): number | undefined {
  return date && Math.floor(date.getTime() / 1000);
}
