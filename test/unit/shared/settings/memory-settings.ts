import { makeReadSettings, type ReadSettings } from '../../../../shared/settings/settings-document.ts';
import type { SettingsFiles } from '../../../../shared/settings/settings-files.ts';
import { type ManualClock, manualClock } from '../manual-clock.ts';

/** Settings files in memory, with ETags that change at every write, and the reader of them. */
export interface MemorySettings {
  readonly files: SettingsFiles;
  readonly clock: ManualClock;
  readonly readSettings: ReadSettings;
  /** The names of the files that were asked for, in order. */
  readonly reads: string[];
  /** Writes a file: a text or bytes as they are, anything else as JSON. */
  write(name: string, content: unknown): void;
}

/** Builds a container (or, without versions, a package) with these files. */
export function memorySettings(
  initial: Readonly<Record<string, unknown>> = {},
  options: { readonly isPackage?: boolean } = {},
): MemorySettings {
  const { isPackage = false } = options;
  const stored = new Map<string, { readonly bytes: Uint8Array; readonly etag: string | undefined }>();
  const reads: string[] = [];
  let version = 0;
  const write = (name: string, content: unknown) => {
    const bytes =
      content instanceof Uint8Array
        ? content
        : Buffer.from(typeof content === 'string' ? content : JSON.stringify(content), 'utf8');
    stored.set(name, { bytes, etag: isPackage ? undefined : `"${++version}"` });
  };
  for (const [name, content] of Object.entries(initial)) write(name, content);
  const files: SettingsFiles = {
    place: isPackage ? 'the package' : 'https://store.example/settings',
    isPackage,
    list: async (ending) => [...stored.keys()].filter((name) => name.endsWith(ending)),
    read: async (name) => {
      reads.push(name);
      return stored.get(name);
    },
  };
  const clock = manualClock();
  return { files, clock, reads, write, readSettings: makeReadSettings({ files, clock, maxAgeInMs: 1_000 }) };
}
