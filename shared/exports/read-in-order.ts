import { setImmediate } from 'node:timers/promises';
import type { Condition } from '../servicenow/encoded-query.ts';
import type { ReadPage } from '../servicenow/read-all.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';

/** Where the rows that are still to be read begin. */
export interface Bound {
  readonly operator: '>' | '>=';
  readonly value: string;
}

/** What was made of one page of a table, in the order of `sys_id`. */
export interface Chunk<T> {
  readonly content: T;
  readonly rows: number;
  /** Everything before this has come by now; `undefined` before the first row of a table. */
  readonly next: Bound | undefined;
  /** Rows in its window that the account may not read. */
  readonly hidden: number;
  /** Whether the instance counted, so that nothing can be missing without being known. */
  readonly isCounted: boolean;
  readonly servedAt: Date;
}

/** Reads the pages of a range, in the order of `sys_id`; with `after`, those behind it. */
export type ReadRange = (bounds: readonly Condition[], after: string | undefined) => AsyncIterable<ReadPage>;

/** How a table is read. */
interface ReadOptions<T> {
  /** Makes of a page what is kept until its turn: less than the records themselves. It is called once the next call is on its way. */
  convert(records: readonly ServiceNowRecord[]): T;
  readonly from: Bound | undefined;
  /** Calls that may be in flight at a time. */
  readonly inFlight: number;
  readonly pageSize: number;
}

/** Rows read by one reader at a stretch; longer ranges are divided. */
interface Range<T> {
  readonly from: Bound | undefined;
  /** The first `sys_id` that is not of it; `undefined` for none. */
  readonly to: string | undefined;
  readonly chunks: Chunk<Promise<T>>[];
  state: 'new' | 'reading' | 'read';
}

const PAGES_AT_A_STRETCH = 4;
/** Rows for four pages or for one, and seldom for more: ids are not spread that evenly. */
const LONG_STRETCH = 3.85;
const SHORT_STRETCH = 0.92;
const MOST_PARTS = 256;
/** What is read ahead of its turn stays in memory. */
const RANGES_AHEAD = 4;
const CHUNKS_AHEAD = PAGES_AT_A_STRETCH * 2;

/**
 * Reads a table with several readers at once and gives its pages in the order of `sys_id`, in a memory that does not grow with the
 * table. A range that is counted to be long is divided into parts of equal width; its ends stay open, so that no `sys_id` falls
 * outside, whatever its form. A range whose ids are not spread evenly is divided again.
 *
 * @throws what a reader throws, once what came before it was given.
 */
export async function* readInOrder<T>(read: ReadRange, options: ReadOptions<T>): AsyncGenerator<Chunk<T>> {
  const { inFlight, pageSize } = options;
  // One more than calls may be in flight: it works on its page meanwhile.
  const readers = inFlight + 1;
  let ranges: Range<T>[] = [rangeOf(options.from, undefined)];
  let failure: { readonly error: unknown } | undefined;
  let isOver = false;
  let changed = Promise.withResolvers<void>();
  const notify = () => {
    changed.resolve();
    changed = Promise.withResolvers<void>();
  };

  async function work(): Promise<void> {
    while (!failure && !isOver) {
      const range = ranges.slice(0, readers * RANGES_AHEAD).find(({ state }) => state === 'new');
      if (range) {
        range.state = 'reading';
        try {
          await readRange(range);
        } catch (error) {
          failure ??= { error };
        }
        notify();
      } else if (ranges.every(({ state }) => state === 'read')) return;
      else await changed.promise;
    }
  }

  async function readRange(range: Range<T>): Promise<void> {
    const after = range.from?.operator === '>' ? range.from.value : undefined;
    const hidden = makeCountHidden();
    let next = range.from;
    const push = (
      { records, servedAt, totalCount }: Pick<ReadPage, 'records' | 'servedAt' | 'totalCount'>,
      lacking: number,
    ) => {
      const last = records.at(-1)?.sys_id;
      if (last !== undefined) next = { operator: '>', value: last };
      const content = setImmediate(records).then(options.convert);
      range.chunks.push({
        content,
        rows: records.length,
        next,
        hidden: lacking,
        isCounted: totalCount !== undefined,
        servedAt,
      });
    };
    let latest: ReadPage | undefined;
    for await (const page of read(boundsOf(range), after)) {
      latest = page;
      push(page, hidden.add(page));
      const wanted = shares((page.left ?? 0) / pageSize, ranges.length === 1 ? inFlight : 1);
      // Where some did not come, the parts would count them again.
      const parts = hidden.isClear() ? divide(range, page, wanted) : [];
      if (parts.length > 0) {
        ranges = ranges.flatMap((one) => (one === range ? [range, ...parts] : [one]));
        range.state = 'read';
        return;
      }
      notify();
      while (!isOver && !failure && range.chunks.length >= CHUNKS_AHEAD) await changed.promise;
      if (isOver || failure) return;
    }
    const lacking = hidden.end();
    if (latest && lacking > 0) push({ ...latest, records: [] }, lacking);
    range.state = 'read';
  }

  const working = Promise.all(Array.from({ length: readers }, work));
  try {
    for (;;) {
      const [head] = ranges;
      if (!head) break;
      const chunk = head.chunks.shift();
      if (chunk) {
        notify();
        yield { ...chunk, content: await chunk.content };
      } else if (head.state === 'read') {
        ranges = ranges.slice(1);
        notify();
      } else if (failure) throw failure.error;
      else await changed.promise;
    }
  } finally {
    isOver = true;
    notify();
    await working;
  }
}

function rangeOf<T>(from: Bound | undefined, to: string | undefined): Range<T> {
  return { from, to, chunks: [], state: 'new' };
}

function boundsOf({ from, to }: Pick<Range<unknown>, 'from' | 'to'>): readonly Condition[] {
  const bounds: Condition[] = [];
  if (from?.operator === '>=') bounds.push(['sys_id', '>=', from.value]);
  if (to !== undefined) bounds.push(['sys_id', '<', to]);
  return bounds;
}

/** So many digits tell as many ids apart as any table has. */
const DIGITS = 12;

/**
 * How rows that fill so many pages are divided: stretches of some pages, and at the end, so that no reader is left without work,
 * shorter ones; each as the share of the whole that lies before its end. A stretch that turns out to be too long is divided again, by
 * one reader alone. None where it is not worth it. Pure.
 */
function shares(pages: number, readers: number): readonly number[] {
  const short = readers === 1 ? 0 : Math.min(Math.ceil(pages / SHORT_STRETCH), readers * 3);
  const long = Math.min(MOST_PARTS, Math.ceil((pages - short * SHORT_STRETCH) / LONG_STRETCH));
  if (pages <= (readers === 1 ? 2 * PAGES_AT_A_STRETCH : 1) || short + long < 2) return [];
  const lengths = [
    ...Array.from({ length: Math.max(0, long) }, () => (pages - short * SHORT_STRETCH) / long),
    ...Array.from({ length: short }, () => (long > 0 ? SHORT_STRETCH : pages / short)),
  ];
  let before = 0;
  return lengths.map((length) => {
    before += length;
    return before / pages;
  });
}

/**
 * Counts the rows of a range that do not come. A window may end with some, which are in the next one too, for that begins behind
 * the last row that came: how many passed shows by what the instance counts then.
 */
function makeCountHidden() {
  let seek: { readonly total: number; rows: number; isLacking: boolean } | undefined;
  const lackingIn = (left: number) => (seek?.isLacking ? Math.max(0, seek.total - left - seek.rows) : 0);
  return {
    /** Those before this page, which were not counted yet. */
    add({ records, totalCount, windowLength }: ReadPage): number {
      if (totalCount === undefined || windowLength === undefined) return 0;
      const isLacking = records.length < windowLength;
      // Where nothing came, the next window is of the same rows.
      if (seek && seek.rows === 0) {
        seek.rows += records.length;
        seek.isLacking ||= isLacking;
        return 0;
      }
      const lacking = lackingIn(totalCount);
      seek = { total: totalCount, rows: records.length, isLacking };
      return lacking;
    },
    /** Whether all came of the windows since the last row before them. */
    isClear: () => seek?.isLacking === false,
    /** Those behind the last page. */
    end: () => lackingIn(0),
  };
}

/** The rest of a range behind a page, by shares; none where there are none, or its ids are of another form. Pure. */
function divide<T>(range: Range<T>, { records }: ReadPage, ends: readonly number[]): Range<T>[] {
  const last = records.at(-1)?.sys_id;
  if (last === undefined) return [];
  const from = /^[0-9a-f]{12}/.test(last) ? Number.parseInt(last.slice(0, DIGITS), 16) : undefined;
  const to = range.to === undefined ? 16 ** DIGITS : Number.parseInt(range.to.padEnd(DIGITS, '0'), 16);
  if (ends.length < 2 || from === undefined || to - from <= ends.length) return [];
  const bounds = ends.slice(0, -1).map((end) =>
    Math.floor(from + (to - from) * end)
      .toString(16)
      .padStart(DIGITS, '0'),
  );
  return [{ operator: '>', value: last } as const, ...bounds.map((value) => ({ operator: '>=', value }) as const)].map(
    (bound, index) => rangeOf(bound, bounds[index] ?? range.to),
  );
}
