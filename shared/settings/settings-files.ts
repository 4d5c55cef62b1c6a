import { readdir, readFile } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { codeOf, HoldError, UnavailableError } from '../errors.ts';
import type { BlobStore } from '../storage/blob-store.ts';

/** A file as it is stored; `etag` is its version where the place keeps one. */
export interface SettingsFile {
  readonly bytes: Uint8Array;
  readonly etag: string | undefined;
}

/** Where settings files are: the deployed package or a blob container. */
export interface SettingsFiles {
  /** What people call the place: `the package` or the container's address. */
  readonly place: string;
  /** Whether everybody who can read the deployment can read the place: no private key may lie there. */
  readonly isPackage: boolean;
  /** The file of that name, or `undefined` where there is none. @throws UnavailableError where it can't be reached. */
  read(name: string): Promise<SettingsFile | undefined>;
  /** The names of all files that end so, in order; in the package those beside `host.json` and below `Conf`. @throws UnavailableError. */
  list(ending: string): Promise<readonly string[]>;
}

/** What only a person can put right. */
const WRONG_FILE = new Set(['EACCES', 'EPERM', 'EISDIR', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE']);

/** The settings files in the deployed package, beside `host.json`. */
export function packagedFiles(directory: string, place = 'the package'): SettingsFiles {
  return {
    place,
    isPackage: true,
    async list(ending) {
      const names = [...(await namesIn(directory, false)), ...(await namesIn(resolve(directory, 'Conf'), true))];
      return names.filter((name) => name.toLowerCase().endsWith(ending)).sort();
    },
    async read(name) {
      try {
        return { bytes: await readFile(resolve(directory, name)), etag: undefined };
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return undefined;
        const message = `Expected to read ${name} in ${place}, got ${codeOf(error) ?? 'an error'}`;
        // Anything else passes: a share may be away for a while.
        if (WRONG_FILE.has(codeOf(error) ?? '')) throw new HoldError('settings', message);
        throw new UnavailableError(`${message}; it is tried again`);
      }
    },
  };
}

/** The settings files in a blob container. */
export function containedFiles(place: string, blobs: Pick<BlobStore, 'download' | 'list'>): SettingsFiles {
  return {
    place,
    isPackage: false,
    read: blobs.download,
    async list(ending) {
      const names: string[] = [];
      for await (const name of blobs.list()) if (name.toLowerCase().endsWith(ending)) names.push(name);
      return names;
    },
  };
}

/** Files of a directory, by names to read them by; none where there is no such directory. */
async function namesIn(directory: string, recursive: boolean): Promise<readonly string[]> {
  try {
    const entries = await readdir(directory, { recursive, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => resolve(entry.parentPath, entry.name));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw new UnavailableError(`Expected to list ${directory}, got ${codeOf(error) ?? 'an error'}; it is tried again`);
  }
}

/**
 * A private key by the path that a settings file names: a name is looked for beside the settings files, an absolute path
 * on a mounted share; never in the package, which is kept wherever deployments are kept.
 *
 * @throws HoldError where there is none or it lies in the package; the message says what to do.
 */
export async function readKeyFile(files: SettingsFiles, directory: string, path: string): Promise<SettingsFile> {
  const inPackage = isAbsolute(path) ? !/^\.\.(\/|$)/.test(relative(directory, path)) : files.isPackage;
  if (inPackage) {
    throw new HoldError(
      'settings',
      `Expected private key ${path} outside of the package: put it into the container that APPSETTINGS_URL names, or use a Key Vault certificate`,
    );
  }
  const share = isAbsolute(path) ? packagedFiles('/', 'a mounted share') : undefined;
  const file = await (share ? share.read(path) : files.read(path.replaceAll('\\', '/').replace(/^(\.\/)+/, '')));
  if (!file) {
    const { place } = share ?? files;
    throw new HoldError('settings', `Expected private key ${path} in ${place}, found none: put it there`);
  }
  return file;
}
