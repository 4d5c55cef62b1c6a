import * as z from 'zod/mini';
import type { Clock } from '../clock.ts';
import { parseJson } from '../parse.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { ConflictError } from '../storage/entity-table.ts';
import { readAgain } from '../storage/read-again.ts';

/** Where the next free minute is written down, for all instances and runs. */
const PATH = 'watch-queues.json';

const APART_IN_MS = 60_000;

/** Storage delays a message by seven days at most. */
const FURTHEST_IN_MS = 6 * 24 * 3_600_000;

const schema = z.looseObject({ v: z.int().check(z.minimum(1)), NextPutBackAt: z.string() });

/**
 * Takes the next free minute for putting a message back and gives the seconds until then; `undefined` where the next six
 * days are taken. A minute that was taken and not used is lost, never shared.
 *
 * @throws ConflictError, UnavailableError.
 */
export type PutBackPace = () => Promise<number | undefined>;

/** Builds the pace on a blob: one message a minute, for it may be the one that killed the process. */
export function makePutBackPace({ state, clock }: { readonly state: BlobStore; readonly clock: Clock }): PutBackPace {
  return () =>
    readAgain(async () => {
      const stored = await state.read(PATH);
      const parsed = stored && parseJson(schema, stored.text);
      const next = parsed?.ok ? new Date(parsed.value.NextPutBackAt).getTime() : Number.NaN;
      const now = clock.now().getTime();
      const at = next > now ? next : now;
      if (at > now + FURTHEST_IN_MS) return undefined;
      const taken = { v: 1, NextPutBackAt: new Date(at + APART_IN_MS).toISOString() };
      if (!(await state.replace(PATH, `${JSON.stringify(taken, null, 2)}\n`, stored?.etag)))
        throw new ConflictError('Another instance puts messages back at the same moment');
      return (at - now) / 1000;
    });
}
