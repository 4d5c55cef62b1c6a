import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';

z.config(en());

/** A parsed value, or one sentence per fault that says where it is, what was expected and what was got. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly faults: readonly string[] };

/** Checks unknown data against a schema and never throws; faults name the path and never repeat the value. */
export function parse<T>(schema: z.ZodMiniType<T>, data: unknown): Parsed<T> {
  const result = check(schema, data);
  if (!result) return { ok: false, faults: ['value: expected plain data, got members that can not be compared'] };
  if (result.success) return { ok: true, value: result.data };
  return {
    ok: false,
    faults: result.error.issues.map(({ path, message }) => `${path.join('.') || 'value'}: ${message}`),
  };
}

/** A text of bounded length. The library's own length checks look at anything that has a `length`, hostile data too. */
export function textOf(least: number, most: number) {
  const isWithin = (text: string) => text.length >= least && text.length <= most;
  return z.string().check(z.refine(isWithin, { error: `expected a text of ${least} to ${most} characters` }));
}

/** The library calls members of what it checks, and those of hostile data may throw. */
function check<T>(schema: z.ZodMiniType<T>, data: unknown) {
  try {
    return z.safeParse(schema, data);
  } catch {
    return undefined;
  }
}

/** Reads JSON text into a schema's shape; not being JSON is one of the faults. */
export function parseJson<T>(schema: z.ZodMiniType<T>, text: string): Parsed<T> {
  try {
    return parse(schema, JSON.parse(text));
  } catch {
    return { ok: false, faults: [`value: expected JSON, got ${text.length} characters that are not`] };
  }
}
