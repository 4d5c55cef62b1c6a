import { randomUUID } from 'node:crypto';

/** One version of a secret as the vault keeps it; times are in seconds since 1970, as on the wire. */
export interface SecretVersion {
  readonly version: string;
  readonly value: string;
  /** Of a certificate, whose value is its PFX file: key and certificate as PEM. */
  readonly pem?: string | undefined;
  readonly contentType?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly attributes: SecretAttributes & {
    readonly enabled: boolean;
    readonly created: number;
    readonly updated: number;
  };
}

/** `enabled: false` refuses reading; `exp` and `nbf` only inform, as in the cloud. */
interface SecretAttributes {
  readonly enabled?: boolean | undefined;
  readonly exp?: number | undefined;
  readonly nbf?: number | undefined;
}

/** A secret: its versions, newest first, so that the first one is the current one. */
export interface Secret {
  readonly name: string;
  readonly versions: readonly [SecretVersion, ...SecretVersion[]];
  readonly deletedAt?: number;
}

/** The secrets of one vault, deleted ones included; names are the same in any case of letters. */
export interface VaultSecrets {
  find(name: string): Secret | undefined;
  all(): readonly Secret[];
  /** Adds a version, and is the only way back for a deleted secret, which starts anew. */
  set(
    name: string,
    version: Pick<SecretVersion, 'value' | 'pem' | 'contentType' | 'tags'> & {
      attributes?: SecretAttributes | undefined;
    },
  ): Secret;
  /** Gives the secret as it is now, deleted and kept. */
  delete(secret: Secret): Secret;
}

/** Keeps secrets in memory, each with all its versions. */
export function makeVaultSecrets(): VaultSecrets {
  const secrets = new Map<string, Secret>();
  const find = (name: string) => secrets.get(name.toLowerCase());
  const keep = (secret: Secret) => {
    secrets.set(secret.name.toLowerCase(), secret);
    return secret;
  };
  return {
    find,
    all: () => [...secrets.values()],
    set: (name, { attributes, ...content }) => {
      const now = Math.floor(Date.now() / 1000);
      const known = find(name);
      const added: SecretVersion = {
        ...content,
        version: randomUUID().replaceAll('-', ''),
        attributes: { ...attributes, enabled: attributes?.enabled ?? true, created: now, updated: now },
      };
      const before = known === undefined || known.deletedAt !== undefined ? [] : known.versions;
      return keep({ name: known?.name ?? name, versions: [added, ...before] });
    },
    delete: (secret) => keep({ ...secret, deletedAt: Math.floor(Date.now() / 1000) }),
  };
}
