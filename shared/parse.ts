import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';

z.config(en());

/** A parsed value, or one sentence per fault that says where it is, what was expected and what was got. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly faults: readonly string[] };

/** Checks unknown data against a schema and never throws; faults name the path and never repeat the value. */
export function parse<T>(schema: z.ZodMiniType<T>, data: unknown): Parsed<T> {
  const result = z.safeParse(schema, data);
  if (result.success) return { ok: true, value: result.data };
  return {
    ok: false,
    faults: result.error.issues.map(({ path, message }) => `${path.join('.') || 'value'}: ${message}`),
  };
}

/** Reads JSON text into a schema's shape; not being JSON is one of the faults. */
export function parseJson<T>(schema: z.ZodMiniType<T>, text: string): Parsed<T> {
  try {
    return parse(schema, JSON.parse(text));
  } catch {
    return { ok: false, faults: [`value: expected JSON, got ${text.length} characters that are not`] };
  }
}
