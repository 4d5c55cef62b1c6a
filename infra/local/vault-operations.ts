import { z } from 'zod';
import type { Secret, SecretVersion, VaultSecrets } from './vault-secrets.ts';

/** What the vault answers: a status, and a body in the form of the Key Vault REST API. */
export interface VaultAnswer {
  readonly status: number;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request as the operations see it; `path` is split at its slashes. */
export interface VaultRequest {
  readonly method: string;
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly body: string;
}

const LARGEST_PAGE = 25;
const RECOVERABLE_DAYS = 90;
const PEM = 'application/x-pem-file';

const setParameters = z.object({
  value: z.string(),
  contentType: z.string().optional(),
  tags: z.record(z.string(), z.string()).optional(),
  attributes: z
    .object({ enabled: z.boolean().optional(), exp: z.number().optional(), nbf: z.number().optional() })
    .optional(),
});

/**
 * Answers set, get (the current version or a named one, a certificate's as PFX or PEM), list, list of versions, delete, and get and list of deleted
 * secrets. Public documentation: Azure Key Vault REST API, "Secrets"; its pages are of 25 at most.
 */
export function makeVaultOperations(vaultUrl: string, secrets: VaultSecrets): (request: VaultRequest) => VaultAnswer {
  const bundleOf = (secret: Secret, { value: _, pem: __, version, attributes, ...rest }: SecretVersion) => ({
    ...rest,
    id: `${vaultUrl}/secrets/${secret.name}/${version}`,
    attributes: { ...attributes, recoveryLevel: 'Recoverable+Purgeable', recoverableDays: RECOVERABLE_DAYS },
  });
  const itemOf = (secret: Secret) => ({
    ...bundleOf(secret, secret.versions[0]),
    id: `${vaultUrl}/secrets/${secret.name}`,
  });
  const deletionOf = ({ name, deletedAt = 0 }: Secret) => ({
    recoveryId: `${vaultUrl}/deletedsecrets/${name}`,
    deletedDate: deletedAt,
    scheduledPurgeDate: deletedAt + RECOVERABLE_DAYS * 24 * 60 * 60,
  });
  const isDeleted = (secret: Secret) => secret.deletedAt !== undefined;

  const get = (secret: Secret, version: string | undefined, contentType: string | null): VaultAnswer => {
    const found = version === undefined ? secret.versions[0] : secret.versions.find((one) => one.version === version);
    if (found === undefined) return notFound(`${secret.name}/${version}`);
    if (!found.attributes.enabled)
      return refuse(403, 'Forbidden', 'Operation get is not allowed on a disabled secret.', 'SecretDisabled');
    const asPem = contentType === PEM && found.pem !== undefined && { value: found.pem, contentType: PEM };
    return { status: 200, body: { ...bundleOf(secret, found), value: found.value, ...asPem } };
  };
  const put = (name: string, secret: Secret | undefined, body: string): VaultAnswer => {
    if (secret !== undefined && isDeleted(secret)) {
      const message = `Secret ${name} is currently in a deleted but recoverable state, and its name cannot be reused.`;
      return refuse(409, 'Conflict', message, 'ObjectIsDeletedButRecoverable');
    }
    const parameters = setParameters.safeParse(parseJson(body));
    return parameters.success
      ? get(secrets.set(name, parameters.data), undefined, null)
      : refuse(400, 'BadParameter', z.prettifyError(parameters.error));
  };
  const remove = (secret: Secret): VaultAnswer => {
    const deleted = secrets.delete(secret);
    return { status: 200, body: { ...bundleOf(deleted, deleted.versions[0]), ...deletionOf(deleted) } };
  };

  const answerSecrets = ({ method, path: [, name, version], query, body }: VaultRequest): VaultAnswer | undefined => {
    if (name === undefined) {
      const living = secrets.all().filter((secret) => !isDeleted(secret));
      return method === 'GET' ? pageOf(living.map(itemOf), `${vaultUrl}/secrets`, query) : undefined;
    }
    const known = secrets.find(name);
    const secret = known === undefined || isDeleted(known) ? undefined : known;
    if (method === 'PUT' && version === undefined) return put(name, known, body);
    if (method === 'GET' && version === 'versions') {
      const versions = secret?.versions.map((one) => bundleOf(secret, one)) ?? [];
      return pageOf(versions, `${vaultUrl}/secrets/${name}/versions`, query);
    }
    if (method === 'GET') return secret ? get(secret, version, query.get('outContentType')) : notFound(name);
    if (method === 'DELETE' && version === undefined) return secret ? remove(secret) : notFound(name);
    return undefined;
  };
  const answerDeleted = ({ method, path: [, name], query }: VaultRequest): VaultAnswer | undefined => {
    if (method !== 'GET') return undefined;
    const deleted = secrets.all().filter(isDeleted);
    if (name === undefined) {
      const items = deleted.map((secret) => ({ ...itemOf(secret), ...deletionOf(secret) }));
      return pageOf(items, `${vaultUrl}/deletedsecrets`, query);
    }
    const secret = deleted.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (secret === undefined) return notFound(name);
    return { status: 200, body: { ...bundleOf(secret, secret.versions[0]), ...deletionOf(secret) } };
  };

  return (request) => {
    const [collection, name] = request.path;
    if (!request.query.has('api-version')) {
      return refuse(400, 'BadParameter', 'The request does not name an api-version.');
    }
    if (name !== undefined && !/^[0-9a-zA-Z-]{1,127}$/.test(name)) {
      return refuse(400, 'BadParameter', `The request URI contains an invalid name: ${name}`);
    }
    const answer =
      collection === 'secrets'
        ? answerSecrets(request)
        : collection === 'deletedsecrets'
          ? answerDeleted(request)
          : undefined;
    return answer ?? refuse(405, 'MethodNotAllowed', 'This stand-in does not offer that operation.');
  };
}

/** A refusal in the vault's own form; `innerCode` is the finer reason that a client may look for. */
export function refuse(status: number, code: string, message: string, innerCode?: string): VaultAnswer {
  return { status, body: { error: { code, message, ...(innerCode && { innererror: { code: innerCode } }) } } };
}

function notFound(name: string): VaultAnswer {
  const message = `A secret with (name/id) ${name} was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command.`;
  return refuse(404, 'SecretNotFound', message);
}

function pageOf(items: readonly object[], url: string, query: URLSearchParams): VaultAnswer {
  const size = Math.min(Number(query.get('maxresults') ?? LARGEST_PAGE), LARGEST_PAGE);
  if (!(size >= 1)) return refuse(400, 'BadParameter', 'maxresults is not a number from 1 to 25.');
  const start = Number(query.get('$skiptoken') ?? 0);
  const next = new URL(`${url}?${query}`);
  next.searchParams.set('$skiptoken', String(start + size));
  const nextLink = start + size < items.length ? next.href : null;
  return { status: 200, body: { value: items.slice(start, start + size), nextLink } };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
