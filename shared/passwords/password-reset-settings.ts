import * as z from 'zod/mini';
import { HoldError } from '../errors.ts';
import { parse } from '../parse.ts';
import { flag } from '../settings/app-section.ts';
import { AGENT_SETTINGS_FILE, readMembers } from '../settings/file-mappings.ts';
import { isSameName } from '../settings/parse-settings.ts';
import type { ReadSettings } from '../settings/settings-document.ts';
import type { PasswordForm } from './generate-password.ts';

/** How passwords of a resource type are made, and whether one that was set is tried out. */
export interface PasswordResetSettings {
  readonly form: PasswordForm;
  /** Whether ServiceNow is signed in to once with the new password. */
  readonly verifyByLogin: boolean;
}

const LONGEST = 128;
const SHORTEST = 8;

const count = (standard: number) => {
  const expected = `expected a whole number, 0 to ${LONGEST}`;
  return z._default(
    z.coerce.number(expected).check(z.int(expected), z.minimum(0, expected), z.maximum(LONGEST, expected)),
    standard,
  );
};

const MODES = 'expected Disabled (0), OneWay (1) or TwoWay (2)';
const MODE_NAMES = ['disabled', 'oneway', 'twoway'];
const mode = z._default(
  z.pipe(
    z.union([z.string(), z.number()], MODES),
    z.transform((value, context) => {
      const found = MODE_NAMES.findIndex(
        (name, index) => name === String(value).toLowerCase() || String(index) === String(value),
      );
      if (found < 0) context.issues.push({ code: 'custom', message: MODES, input: undefined });
      return found;
    }),
  ),
  0,
);

const EXPRESSIONS = "expected regular expressions: a list of texts, or '…','…' in one text";
const strengthCheck = z._default(
  z.pipe(
    z.union([z.string(), z.array(z.string()).check(z.maxLength(50))], EXPRESSIONS),
    z.transform((value, context) => {
      const sources = typeof value === 'string' ? expressionsIn(value) : value;
      return sources.flatMap((source) => {
        const expression = compiled(source);
        if (expression) return [expression];
        context.issues.push({
          code: 'custom',
          message: `expected regular expressions, and ${JSON.stringify(source.slice(0, 100))} is none`,
          input: undefined,
        });
        return [];
      });
    }),
  ),
  [],
);

const schema = z
  .looseObject({
    Mode: mode,
    GeneratedLength: count(12),
    GeneratedLowerCaseCharsCount: count(6),
    GeneratedUpperCaseCharsCount: count(2),
    GeneratedDigitCharsCount: count(2),
    GeneratedSymbolCharsCount: count(2),
    StrengthCheck: strengthCheck,
    VerifyByLogin: flag,
  })
  .check(
    z.refine((settings) => lengthOf(settings) >= SHORTEST && lengthOf(settings) <= LONGEST, {
      error: `expected a length of ${SHORTEST} to ${LONGEST} characters: GeneratedLength, or the sum of the counts where that is more`,
    }),
  );

/**
 * Identity Manager's `PasswordResetSettings` by their identifier, from section `PasswordResetSettings` of the settings file or
 * from the elements of that name in its XML configuration; without an identifier the vendor's defaults. Members are the
 * vendor's (`Mode`, `Generated…`, `StrengthCheck`) and `VerifyByLogin`, which is ours. `DefaultPassword` is never used: all
 * would have the same.
 *
 * @throws HoldError where there is none of that name, or it is faulty or disabled; UnavailableError.
 */
export async function readPasswordResetSettings(
  readSettings: ReadSettings,
  identifier: string | undefined,
): Promise<PasswordResetSettings> {
  if (identifier === undefined) return toSettings(schema.parse({}));
  const fault = (what: string) =>
    new HoldError('settings', `PasswordResetSettings ${JSON.stringify(identifier)} of ${AGENT_SETTINGS_FILE}: ${what}`);
  const { mappings, duplicates } = await readMembers(readSettings, 'PasswordResetSettings');
  if ([...duplicates].some((name) => isSameName(name, identifier)))
    throw fault('expected once, got more: keep one of them');
  const data = [...mappings].find(([name]) => isSameName(name, identifier))?.[1];
  if (data === undefined) throw fault('expected them there, or in an XML file beside it, found none: add them');
  const parsed = parse(schema, data);
  if (!parsed.ok) throw fault(parsed.faults.join('; '));
  if (parsed.value.Mode === 0)
    throw fault(
      'their Mode is Disabled (which it is where none is given): say OneWay or TwoWay to reset passwords with them',
    );
  return toSettings(parsed.value);
}

function toSettings(settings: z.infer<typeof schema>): PasswordResetSettings {
  return {
    verifyByLogin: settings.VerifyByLogin,
    form: {
      length: settings.GeneratedLength,
      lowerCase: settings.GeneratedLowerCaseCharsCount,
      upperCase: settings.GeneratedUpperCaseCharsCount,
      digits: settings.GeneratedDigitCharsCount,
      symbols: settings.GeneratedSymbolCharsCount,
      strength: settings.StrengthCheck,
    },
  };
}

function lengthOf(settings: {
  readonly GeneratedLength: number;
  readonly GeneratedLowerCaseCharsCount: number;
  readonly GeneratedUpperCaseCharsCount: number;
  readonly GeneratedDigitCharsCount: number;
  readonly GeneratedSymbolCharsCount: number;
}): number {
  const { GeneratedLowerCaseCharsCount: lower, GeneratedUpperCaseCharsCount: upper } = settings;
  const { GeneratedDigitCharsCount: digits, GeneratedSymbolCharsCount: symbols } = settings;
  return Math.max(settings.GeneratedLength, lower + upper + digits + symbols);
}

/** `'^.{9}','[0-9]'` as the vendor's XML has it, or one expression without quotes. */
function expressionsIn(text: string): string[] {
  const quoted = /^\s*'(.*)'\s*$/s.exec(text)?.[1];
  if (quoted !== undefined) return quoted.split(/'\s*,\s*'/);
  return text.trim() === '' ? [] : [text.trim()];
}

function compiled(source: string): RegExp | undefined {
  try {
    return new RegExp(source, 'u');
  } catch {
    return undefined;
  }
}
