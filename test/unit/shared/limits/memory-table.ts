import { UnavailableError } from '../../../../shared/errors.ts';
import {
  type Columns,
  ConflictError,
  type EntityChange,
  type EntityTable,
  type StoredEntity,
} from '../../../../shared/storage/entity-table.ts';

/** Table storage in memory, by its own clock, and what a test can do to it. */
export interface MemoryTable extends EntityTable {
  /** How many calls it has answered. */
  reads(): number;
  writes(): number;
  readonly rowKeys: readonly string[];
  /** Every call takes this long: half of it on its way in, half on its way out. */
  latencyInMs: number;
  /** Nobody is there. */
  isAway: boolean;
  /** The next commit is done and its answer lost; `repeated`, the client has sent it again before it gives up. */
  loseNextAnswer(how?: 'repeated'): void;
  /** Holds back the answer to the next read, which says what was there when it came, until the function returned is called. */
  holdNextRead(): () => void;
  /** Puts a row there, as another program would. */
  put(rowKey: string, columns: Columns): void;
}

/** Builds one, with a single partition; time is the one of fake timers, and shown in whole seconds. */
export function memoryTable(): MemoryTable {
  const rows = new Map<string, StoredEntity>();
  let [reads, writes, etags] = [0, 0, 0];
  let lost: ConflictError | UnavailableError | undefined;
  let held: Promise<void> | undefined;

  async function travel(): Promise<void> {
    if (table.latencyInMs > 0) await new Promise((resolve) => setTimeout(resolve, table.latencyInMs / 2));
    if (table.isAway) throw new UnavailableError('Nobody is there');
  }

  function store(rowKey: string, columns: Columns): string {
    etags += 1;
    const kept = Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
    rows.set(rowKey, { rowKey, etag: String(etags), writtenAt: wholeSeconds(), columns: kept });
    return String(etags);
  }

  function apply(change: EntityChange): string {
    const there = rows.get(change.rowKey);
    if (change.kind === 'insert' ? there : change.kind !== 'put' && !there) throw new ConflictError('409');
    if (change.kind === 'replace' && there?.etag !== change.etag) throw new ConflictError('412');
    if (change.kind === 'delete') {
      rows.delete(change.rowKey);
      return '';
    }
    return store(change.rowKey, change.columns);
  }

  const table: MemoryTable = {
    latencyInMs: 0,
    isAway: false,
    reads: () => reads,
    writes: () => writes,
    get rowKeys() {
      return [...rows.keys()];
    },
    loseNextAnswer: (how) => {
      lost = how === 'repeated' ? new ConflictError('412') : new UnavailableError('The answer was lost');
    },
    holdNextRead: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return resolve;
    },
    put: store,

    async *pages(partitionKey, from, to) {
      yield await table.list(partitionKey, from, to);
    },

    async list(_partitionKey, from, to) {
      await travel();
      reads += 1;
      const entities = [...rows.values()].filter(({ rowKey }) => rowKey >= from && rowKey < to);
      const readAt = wholeSeconds();
      const holding = held;
      held = undefined;
      await holding;
      await travel();
      return { entities, readAt };
    },
    async get(_partitionKey, rowKey) {
      await travel();
      reads += 1;
      return rows.get(rowKey);
    },
    async commit(_partitionKey, changes) {
      await travel();
      writes += 1;
      const made = new Map(changes.map((change) => [change.rowKey, apply(change)]));
      const failure = lost;
      lost = undefined;
      if (failure) throw failure;
      await travel();
      return made;
    },
  };
  return table;
}

function wholeSeconds(): Date {
  return new Date(Math.floor(Date.now() / 1000) * 1000);
}
