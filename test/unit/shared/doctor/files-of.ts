import { HoldError } from '../../../../shared/errors.ts';
import { parseSettings } from '../../../../shared/settings/parse-settings.ts';
import type { ReadSettings } from '../../../../shared/settings/settings-document.ts';

/** Reads settings files from memory: a text, or the failure of whoever reads it. */
export function filesOf(files: Readonly<Record<string, unknown>>): ReadSettings {
  return async (name) => {
    const content = files[name];
    if (content === undefined) return undefined;
    if (content instanceof Error) throw content;
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    const parsed = await parseSettings(new Uint8Array(Buffer.from(text, 'utf8')));
    if (!parsed.ok) throw new HoldError('settings', `${name} is not usable: ${parsed.fault}`);
    return { name, version: `version of ${name}`, section: parsed.section };
  };
}
