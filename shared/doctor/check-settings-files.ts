import { HoldError } from '../errors.ts';
import { AGENT_SETTINGS_FILE } from '../settings/file-mappings.ts';
import type { ReadSettings, SettingsDocument } from '../settings/settings-document.ts';
import { REFUSED_FILE, SETTINGS_FILES } from './agent-files.ts';
import type { CheckResult } from './check-result.ts';
import { sayFailure } from './say-failure.ts';

type Reading =
  | { readonly kind: 'document'; readonly file: string; readonly document: SettingsDocument }
  | { readonly kind: 'absent'; readonly file: string }
  | { readonly kind: 'faulty'; readonly file: string; readonly message: string }
  | { readonly kind: 'unreachable'; readonly file: string; readonly message: string };

const NAME = 'settings files';

/** Says which settings files are there and usable, anew from their place. Never throws. */
export async function* checkSettingsFiles(readSettings: ReadSettings, place: string): AsyncGenerator<CheckResult> {
  const readings = await Promise.all(SETTINGS_FILES.map((file) => read(readSettings, file)));
  const there = readings.filter((reading) => reading.kind === 'document');
  const missing = readings.filter(({ kind }) => kind === 'absent').map(({ file }) => file);
  if (there.length > 0) {
    const files = there.map(({ file, document }) => `${file}${document.version ? ` (${document.version})` : ''}`);
    yield {
      name: NAME,
      status: 'ok',
      message: `In ${place}: ${files.join(', ')}. Not there: ${missing.join(', ') || 'none'}.`,
    };
  }
  for (const reading of readings) {
    if (reading.kind !== 'faulty') continue;
    const remedy = `Put ${reading.file} right; the app reads it again within some minutes.`;
    yield { name: NAME, status: 'failed', message: reading.message, remedy };
  }
  const unreachable = readings.filter((reading) => reading.kind === 'unreachable');
  if (unreachable[0]) {
    const files = unreachable.map(({ file }) => file).join(', ');
    yield {
      name: NAME,
      status: 'failed',
      message: `${files} in ${place} can't be read: ${unreachable[0].message}.`,
      remedy: 'See the check of storage: container or right may be missing, or the account may be away.',
    };
  }
  if (missing.includes(AGENT_SETTINGS_FILE)) {
    yield {
      name: NAME,
      status: 'warning',
      message: `${AGENT_SETTINGS_FILE} is not in ${place}: without it there are no mappings, and every order waits.`,
      remedy: `Put the agent's ${AGENT_SETTINGS_FILE} there.`,
    };
  }
  if (there.some(({ file }) => file === REFUSED_FILE)) {
    yield {
      name: NAME,
      status: 'warning',
      message: `${REFUSED_FILE} is there: only an agent can read it, and connections that it names are refused.`,
      remedy: 'Move its connections to another source and take them out there.',
    };
  }
}

async function read(readSettings: ReadSettings, file: string): Promise<Reading> {
  try {
    const document = await readSettings(file, 0);
    return document ? { kind: 'document', file, document } : { kind: 'absent', file };
  } catch (error) {
    return { kind: error instanceof HoldError ? 'faulty' : 'unreachable', file, message: sayFailure(error) };
  }
}
