import type { Instance } from '../servicenow/client.ts';
import type { Condition } from '../servicenow/encoded-query.ts';
import { readAll } from '../servicenow/read-all.ts';
import { existing } from './existing.ts';
import type { KnownRows } from './known-rows.ts';
import type { PageSize } from './page-size.ts';
import type { ReadPage } from './read-page.ts';

/** What a look at every row found. */
export interface Swept {
  /** Rows that a reader knows and that are not there any more. */
  readonly gone: ReadonlySet<string>;
  /** Whether it got to the end; else up to which row. */
  readonly isOver: boolean;
  readonly to?: string;
  readonly reasons: readonly string[];
}

/** Rows compared at a time: what is in memory. */
const WINDOW = 10_000;

/**
 * Asks for the sys_ids of every row that a reader knows, window by window of the complete file, whose order is the instance's own, so
 * that nothing has to be known of how it compares. In a window of which the account may not read all, nothing is concluded.
 *
 * @throws ServiceNowError, HoldError.
 */
export async function sweep(
  instance: Instance,
  of: {
    readonly table: string;
    readonly filter: string | undefined;
    readonly from: string | undefined;
    isTimeUp(): boolean;
  },
  known: KnownRows,
  { size, readPage }: { readonly size: PageSize; readonly readPage: ReadPage },
): Promise<Swept> {
  const gone = new Set<string>();
  const reasons: string[] = [];
  let last = of.from;
  let hidden = 0;
  let isReached = of.from === undefined;
  let window: string[] = [];
  const result = (isOver: boolean): Swept => ({
    ...{ gone, isOver, reasons },
    ...(!isOver && last !== undefined && { to: last }),
  });

  for await (const { sys_id: sysId = '' } of known.complete()) {
    if (isReached) window.push(sysId);
    isReached ||= sysId === of.from;
    if (window.length < WINDOW) continue;
    await compare();
    if (of.isTimeUp()) return result(false);
  }
  if (window.length > 0) await compare();
  const added = [...known.added];
  const there = await existing(instance, of, added, readPage);
  for (const sysId of added) if (!there.has(sysId)) gone.add(sysId);
  if (hidden > 0)
    reasons.push(
      `${hidden} rows are hidden from the account, so that nobody knows which of those near them were deleted`,
    );
  return result(true);

  async function compare(): Promise<void> {
    const { table, filter } = of;
    const end = window.at(-1) ?? '';
    const where: Condition[] = [...(last === undefined ? [] : [['sys_id', '>', last] as const]), ['sys_id', '<=', end]];
    const there = new Set<string>();
    let lacking = 0;
    for await (const { records, windowLength } of readAll(
      instance.tables,
      table,
      { filter, where, fields: ['sys_id'] },
      size.current,
      readPage,
    )) {
      for (const { sys_id: sysId = '' } of records) there.add(sysId);
      lacking += windowLength === undefined ? 1 : Math.max(0, windowLength - records.length);
    }
    hidden += lacking;
    if (lacking === 0) for (const sysId of window) if (!there.has(sysId)) gone.add(sysId);
    last = end;
    window = [];
  }
}
