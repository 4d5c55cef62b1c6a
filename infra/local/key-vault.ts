import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import { text } from 'node:stream/consumers';
import { type CertificatePair, makePfx } from './certificate.ts';
import { listen } from './listen.ts';
import { makeVaultOperations, refuse, type VaultAnswer } from './vault-operations.ts';
import { makeVaultSecrets, type SecretVersion } from './vault-secrets.ts';
import { callerOf } from './vault-tokens.ts';
import { makeVaultTroubles, refuseAs, type VaultTroubles } from './vault-troubles.ts';

/** A key vault on this machine, with the switches by which it fails. */
export interface KeyVault extends VaultTroubles {
  readonly url: string;
  /** Adds a version; `exp` and `nbf` only inform, `enabled: false` refuses reading. */
  set(name: string, value: string, attributes?: { enabled?: boolean; exp?: Date; nbf?: Date }): void;
  /**
   * Imports a certificate with an RSA key, and with it the secret of that name: the PFX file in Base64, or PEM where the
   * client asks for that.
   */
  setCertificate(name: string, pair: CertificatePair): void;
  /** The names of all secrets that are not deleted. */
  names(): string[];
  /** A secret's current version, as whoever may read it sees it; `undefined` where there is none. */
  find(name: string): SecretVersion | undefined;
  /** Deletes softly: the secret is then found under `/deletedsecrets` only, until it is `set` again. */
  delete(name: string): void;
  /** Every call that was answered, oldest first; `path` is without its query. */
  readonly requests: readonly { method: string; path: string; authorized: boolean; status: number }[];
  /** The next call has come, answered or not. */
  waitForRequest(): Promise<void>;
  /** Nobody listens any more; connections are cut. */
  close(): Promise<void>;
  /** Listens again at the same address after `close`. */
  reopen(): Promise<void>;
}

/** The audience of a vault's tokens in the public cloud; the others have their own. */
const RESOURCE = 'https://vault.azure.net';

/**
 * Answers the Key Vault REST API over HTTPS. A call without a token for the vault, or with an expired one, gets 401 and
 * the challenge that names the resource; a token's signature is not looked at. `allowedClientIds` are the identities with
 * a role on the vault (everybody by default), `resource` is that of another cloud, such as `https://vault.azure.cn`.
 * Public documentation: "Authentication, requests and responses" of Azure Key Vault.
 */
export async function startKeyVault(options: {
  certificate: CertificatePair;
  secrets?: Record<string, string>;
  resource?: string;
  allowedClientIds?: readonly string[];
}): Promise<KeyVault> {
  const { resource = RESOURCE, allowedClientIds } = options;
  const { certificate, key } = options.certificate;
  const challenge = `Bearer authorization="https://login.microsoftonline.com/00000000-0000-4000-8000-000000000000", resource="${resource}"`;
  const secrets = makeVaultSecrets();
  const troubles = makeVaultTroubles();
  const requests: { method: string; path: string; authorized: boolean; status: number }[] = [];

  const server = createServer({ cert: certificate, key }, async (request, response) => {
    if (troubles.isHanging()) return;
    const { method = 'GET', headers } = request;
    const { pathname, searchParams: query } = new URL(request.url ?? '/', url);
    const path = pathname.split('/').filter(Boolean);
    const body = await text(request);
    const caller = callerOf(headers.authorization, resource);
    const answer = decide();
    requests.push({ method, path: pathname, authorized: caller !== undefined, status: answer.status });
    response.writeHead(answer.status, {
      'Content-Type': 'application/json; charset=utf-8',
      ...(answer.status === 401 && { 'WWW-Authenticate': challenge }),
      ...answer.headers,
    });
    response.end(JSON.stringify(answer.body));

    function decide(): VaultAnswer {
      const outage = troubles.answerAnybody();
      if (outage) return outage;
      if (!caller) return refuse(401, 'Unauthorized', 'AKV10000: Request is missing a valid Bearer or PoP token.');
      const isAllowed = allowedClientIds?.includes(caller.clientId ?? '') ?? true;
      if (!isAllowed) return refuseAs('ForbiddenByRbac');
      return troubles.answerCaller(path[1]) ?? operate({ method, path, query, body });
    }
  });
  const { port, close } = await listen(server);
  const url = `https://127.0.0.1:${port}`;
  const operate = makeVaultOperations(url, secrets);

  for (const [name, value] of Object.entries(options.secrets ?? {})) secrets.set(name, { value });
  return {
    ...troubles.switches,
    url,
    requests,
    close,
    reopen: async () => {
      await listen(server, port);
    },
    waitForRequest: async () => {
      await once(server, 'request');
    },
    set: (name, value, { enabled, exp, nbf } = {}) => {
      secrets.set(name, { value, attributes: { enabled, exp: toSeconds(exp), nbf: toSeconds(nbf) } });
    },
    setCertificate: (name, pair) => {
      const { validFromDate, validToDate } = new X509Certificate(pair.certificate);
      secrets.set(name, {
        value: makePfx(pair, '').toString('base64'),
        pem: pair.key + pair.certificate,
        contentType: 'application/x-pkcs12',
        attributes: { nbf: toSeconds(validFromDate), exp: toSeconds(validToDate) },
      });
    },
    names: () => secrets.all().flatMap(({ name, deletedAt }) => (deletedAt === undefined ? [name] : [])),
    find: (name) => {
      const secret = secrets.find(name);
      return secret?.deletedAt === undefined ? secret?.versions[0] : undefined;
    },
    delete: (name) => {
      const secret = secrets.find(name);
      if (secret === undefined) throw new Error(`Expected a secret to delete, but the vault has no ${name}.`);
      secrets.delete(secret);
    },
  };
}

function toSeconds(date: Date | undefined): number | undefined {
  return date && Math.floor(date.getTime() / 1000);
}
