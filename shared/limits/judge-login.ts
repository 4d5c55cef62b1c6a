import type { StopColumns } from './login-rows.ts';

/** A login that ServiceNow refused and that nobody uses until it is tried again. */
export interface StoppedLogin {
  /** Instance and user, for people. */
  readonly login: string;
  /** The versions of settings that were refused. */
  readonly versions: readonly string[];
  /** How often ServiceNow refused it since it accepted it last. */
  readonly failures: number;
  readonly stoppedAt: Date;
  /** An operator has allowed one more try. */
  readonly isReleased: boolean;
}

/** What may be done with one version of a login's settings. */
export type JudgedLogin =
  /** Sign in. */
  | { readonly kind: 'free' }
  /** Nothing: they were refused a short while ago, and others have been accepted since. */
  | { readonly kind: 'outdated' }
  /** Nothing: the login is stopped, and they were refused. */
  | { readonly kind: 'refused'; readonly stop: StoppedLogin }
  /** Nothing: refused so often that only an operator may allow another try. */
  | { readonly kind: 'exhausted'; readonly stop: StoppedLogin }
  /** The login is stopped, and whoever has the turn may try them. */
  | { readonly kind: 'untried'; readonly stop: StoppedLogin };

/** Five failures lock an account; one is left for a person. */
export const MOST_FAILURES = 4;

/** Decides by what is stored of the login; `isLive` says whether a mere memory of refusals still counts. Pure. */
export function judgeLogin(
  row: { readonly columns: StopColumns; readonly isLive: boolean } | undefined,
  version: string,
): JudgedLogin {
  if (!row) return { kind: 'free' };
  const stop = toStopped(row.columns);
  const isKnown = stop.versions.includes(version);
  if (stop.failures === 0) return isKnown && row.isLive ? { kind: 'outdated' } : { kind: 'free' };
  if (stop.isReleased) return { kind: 'untried', stop };
  if (stop.failures >= MOST_FAILURES) return { kind: 'exhausted', stop };
  return { kind: isKnown ? 'refused' : 'untried', stop };
}

/** The stop in a row that says one. */
export function toStopped(columns: StopColumns): StoppedLogin {
  return {
    login: columns.Login,
    versions: versionsIn(columns),
    failures: columns.Failures,
    stoppedAt: new Date(columns.StoppedAt),
    isReleased: columns.Released,
  };
}

/** The versions in it; none where there is no row. */
export function versionsIn(columns: StopColumns | undefined): string[] {
  return columns?.Versions.split(' ').filter((version) => version !== '') ?? [];
}
