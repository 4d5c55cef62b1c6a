import * as z from 'zod/mini';
import { CHANGE_TYPES, type ChangeType } from './order.ts';

/** A value for each change type that has one. */
export type PerChangeType<T> = { readonly [Type in ChangeType]?: T | undefined };

/**
 * A member of a mapping that is written once for all change types, or as an object by change type (`Added`, `Modified`,
 * `Deleted`), of which any may be left out.
 */
export function perChangeType<T>(one: z.ZodMiniType<T>) {
  const each = z.strictObject({ Added: z.optional(one), Modified: z.optional(one), Deleted: z.optional(one) });
  return z.pipe(
    z.unknown(),
    z.transform((data, context): PerChangeType<T> => {
      const parsed = z.safeParse(isByChangeType(data) ? each : one, data);
      if (!parsed.success) {
        for (const { message, path } of parsed.error.issues)
          context.issues.push({ code: 'custom', message, path, input: data });
        return {};
      }
      return isByChangeType(data)
        ? z.parse(each, data)
        : Object.fromEntries(CHANGE_TYPES.map((type) => [type, z.parse(one, data)]));
    }),
  );
}

function isByChangeType(data: unknown): boolean {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return false;
  const names = Object.keys(data);
  return names.length > 0 && names.every((name) => CHANGE_TYPES.some((type) => type === name));
}
