/** One setting as one source has it. It holds a secret: never log it. */
export interface SourcedSetting {
  readonly value: string;
  /** Changes whenever the value does, and says nothing about it; `undefined` where the source keeps no versions. */
  readonly version: string | undefined;
}

/** Something wrong with what a source has, for people: never with a value in it. */
export interface SettingFault {
  /** The setting it is about; a later source that gives this setting makes the fault a warning. */
  readonly setting?: string;
  readonly message: string;
}

/** What one source has for one connection; settings by the names of `setting-names.ts`. */
export interface SourceReading {
  readonly settings: ReadonlyMap<string, SourcedSetting>;
  readonly faults: readonly SettingFault[];
  readonly warnings: readonly string[];
  /** What has an end: secrets and certificates, for people. */
  readonly expiring?: readonly Expiring[];
}

/** Something that ends. */
export interface Expiring {
  /** `secret <name>`, `certificate <name>`. */
  readonly what: string;
  readonly expiresOn: Date;
}

/** A place connection settings come from: a file, a vault. */
export interface SettingSource {
  /** What people call it; a vault's name has its address in it. */
  name(): Promise<string>;
  /**
   * What the source has for that connection, `undefined` where the source itself is not configured.
   *
   * @throws UnavailableError where it can't be reached.
   * @throws HoldError where its own configuration has to be put right, which no connection can do without.
   */
  read(identifier: string): Promise<SourceReading | undefined>;
  /** Where a setting that is missing has gone, if the source can tell; asked only where it is needed. */
  explainMissing?(identifier: string, setting: string): Promise<string | undefined>;
}

/** Files are read with the connections that need them: no older than this, so that ages don't add up. */
export const READ_WITH_CONNECTION_IN_MS = 10_000;
