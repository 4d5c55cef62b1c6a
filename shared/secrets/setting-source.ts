import type { SettingName } from './connection-settings.ts';

/** One setting as one source has it; `version` changes whenever the value does. */
export interface SourcedSetting {
  readonly value: string;
  readonly version: string;
}

/** What one source knows of one connection. */
export type SourcedSettings = Readonly<Partial<Record<SettingName, SourcedSetting>>>;

/**
 * A place connection settings come from: a file, a vault.
 *
 * `read` gives what the source has for that connection (nothing is an empty object), or throws: `UnavailableError`
 * where the source can't be reached, `HoldError` where somebody has to put it right.
 */
export interface SettingSource {
  readonly name: string;
  read(identifier: string): Promise<SourcedSettings>;
}
