import { createHmac } from 'node:crypto';
import { sha256Hex } from '../canonical-json.ts';
import { SECRET_SETTINGS } from './setting-names.ts';
import type { SourcedSetting } from './setting-source.ts';

/**
 * A text that changes whenever a setting does: the source's own version of it, else a hash of the value; of a secret
 * value only under a key, so that nobody who sees versions can try passwords against them without it.
 */
export type VersionOf = (name: string, setting: SourcedSetting) => Promise<string>;

/** Builds it; `loadKey` is asked only where a secret comes from a source without versions. */
export function makeVersionOf(loadKey: () => Promise<Uint8Array>): VersionOf {
  return async (name, { value, version }) => {
    if (version !== undefined) return version;
    if (!SECRET_SETTINGS.includes(name)) return sha256Hex(value, 32);
    return createHmac('sha256', await loadKey())
      .update(`${name}\n${value}`)
      .digest('hex')
      .slice(0, 32);
  };
}
