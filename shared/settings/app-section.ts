import * as z from 'zod/mini';
import { HoldError } from '../errors.ts';
import { parse } from '../parse.ts';
import { AGENT_SETTINGS_FILE } from './file-mappings.ts';
import { mayHaveMembers, type Section, shapeOf } from './parse-settings.ts';
import type { ReadSettings } from './settings-document.ts';

/** The settings file that says how an agent reaches its vaults and certificates. */
export const APP_SETTINGS_FILE = 'appsettings.json';

/** A text or number as text; empty and null count as not given. */
export const optionalText = z.pipe(
  z.optional(z.nullable(z.union([z.string(), z.number()], 'expected a text'))),
  z.transform((value) => (value === undefined || value === null || value === '' ? undefined : String(value))),
);

/** A flag, written as JSON or as .NET writes it; false where it is not given. */
export const flag = z.pipe(
  z.optional(
    z.nullable(
      z.union(
        [z.boolean(), z.string().check(z.regex(/^(true|false)$/i, 'expected true or false'))],
        'expected true or false',
      ),
    ),
  ),
  z.transform((value) => String(value ?? false).toLowerCase() === 'true'),
);

/**
 * Reads one section of `appsettings.json`, members in any case of letters; the same section of `appsettings.agent.json`
 * wins member by member, for an agent reads it later. `names` are the members known. `undefined` where neither file has it.
 *
 * @throws HoldError that lists every fault of the section, without values.
 */
export async function readAppSection<T>(
  readSettings: ReadSettings,
  sectionName: string,
  schema: z.ZodMiniType<T>,
  names: readonly string[],
  maxAgeInMs?: number,
): Promise<T | undefined> {
  const documents = await Promise.all(
    [APP_SETTINGS_FILE, AGENT_SETTINGS_FILE].map((file) => readSettings(file, maxAgeInMs)),
  );
  const found = documents.flatMap((document) => {
    const section = document?.section(sectionName);
    return document && section ? [{ file: document.name, section }] : [];
  });
  if (found.length === 0) return undefined;
  const parsed = parse(schema, Object.fromEntries(found.flatMap(({ section }) => membersOf(section, names))));
  const faults = [...found.flatMap(({ section }) => faultsOf(section)), ...(parsed.ok ? [] : parsed.faults)];
  if (parsed.ok && faults.length === 0) return parsed.value;
  const files = found.map(({ file }) => file).join(' and ');
  throw new HoldError('settings', `Section ${sectionName} of ${files} is not usable: ${faults.join('; ')}`);
}

function faultsOf(section: Section): string[] {
  if (!mayHaveMembers(section)) return [`expected an object, got ${shapeOf(section.data)}`];
  return section.duplicates.map((path) => `${path}: expected once, got it more than once`);
}

function membersOf({ members }: Section, names: readonly string[]): [string, unknown][] {
  return members.map(({ name, data }) => [
    names.find((known) => known.toLowerCase() === name.toLowerCase()) ?? name,
    data,
  ]);
}
