import type { TransactionAction } from '@azure/data-tables';
import { ConnectorError, codeOf, type Failure } from '../errors.ts';
import { once } from '../once.ts';
import type { LoadCredential } from './credential.ts';
import { retryOptions } from './retry-options.ts';
import { reaching, statusOf } from './storage-failure.ts';

/** A row as it is stored: columns of simple types; `etag` and `writtenAt` are storage's own. */
export interface StoredEntity {
  readonly rowKey: string;
  readonly etag: string;
  /** When the row was last written, by storage's clock. */
  readonly writtenAt: Date;
  readonly columns: Readonly<Record<string, unknown>>;
}

/** Rows and the time, by storage's clock, at which they were read. */
export interface StoredEntities {
  readonly entities: readonly StoredEntity[];
  readonly readAt: Date;
}

/** What a column may hold; a column that is `undefined` is not stored. */
export type Columns = Readonly<Record<string, string | number | boolean | Uint8Array | undefined>>;

/** One change of a transaction. `replace` goes through only over that version of the row, `delete` over any. */
export type EntityChange =
  | { readonly kind: 'insert'; readonly rowKey: string; readonly columns: Columns }
  | { readonly kind: 'put'; readonly rowKey: string; readonly columns: Columns }
  | { readonly kind: 'replace'; readonly rowKey: string; readonly etag: string; readonly columns: Columns }
  | { readonly kind: 'delete'; readonly rowKey: string };

/** Another instance changed one of the rows first; read again and decide anew. */
export class ConflictError extends ConnectorError {
  override readonly name = 'ConflictError' as const;
  readonly failure: Failure = { class: 'transient', retryAfterInSeconds: 1 };
}

/** One table of Azure Table Storage, read and written by partition. */
export interface EntityTable {
  /** All rows of a partition from `from` (inclusive) to `to` (exclusive). */
  list(partitionKey: string, from: string, to: string): Promise<StoredEntities>;
  /**
   * The same, page by page as storage cuts them, for what may be too much to hold at once; with `where` only rows of that value,
   * for which storage looks through the whole range.
   */
  pages(
    partitionKey: string,
    from: string,
    to: string,
    where?: { readonly column: string; readonly equals: string },
  ): AsyncIterable<StoredEntities>;
  /** One row, or `undefined`. */
  get(partitionKey: string, rowKey: string): Promise<StoredEntity | undefined>;
  /**
   * Makes all changes or none, and gives the new ETags by row key.
   *
   * @throws ConflictError where a row to insert exists, or a row to replace or delete has changed or gone.
   */
  commit(partitionKey: string, changes: readonly EntityChange[]): Promise<ReadonlyMap<string, string>>;
}

/** A table reached with the app's identity. Permission needed: Storage Table Data Contributor on this table. */
export function entityTable(serviceUrl: string, name: string, loadCredential: LoadCredential): EntityTable {
  const tables = once(async () => {
    const [sdk, credential] = await Promise.all([import('@azure/data-tables'), loadCredential()]);
    return {
      odata: sdk.odata,
      client: new sdk.TableClient(serviceUrl.replace(/\/$/, ''), name, credential, { retryOptions }),
    };
  });

  async function* pages(
    partitionKey: string,
    from: string,
    to: string,
    where?: { readonly column: string; readonly equals: string },
  ): AsyncGenerator<StoredEntities> {
    const what = `read table ${name}`;
    const { client, odata } = await reaching(what, tables);
    const dates: (string | null | undefined)[] = [];
    // A value with no text before it in the template would not be quoted.
    const range = odata`PartitionKey eq ${partitionKey} and RowKey ge ${from} and RowKey lt ${to}`;
    const filter = where ? `${range} and ${where.column}${odata` eq ${where.equals}`}` : range;
    const iterator = client
      .listEntities({
        queryOptions: { filter },
        onResponse: (response) => void dates.push(response.headers.get('date')),
      })
      .byPage();
    for (;;) {
      const page = await reaching(what, () => iterator.next());
      if (page.done) return;
      const date = dates.at(-1);
      if (!date) throw new Error('Expected a Date header from table storage, got none');
      yield { entities: page.value.map(toStored), readAt: new Date(date) };
    }
  }

  return {
    async list(partitionKey, from, to) {
      const entities: StoredEntity[] = [];
      let readAt: Date | undefined;
      for await (const page of pages(partitionKey, from, to)) {
        readAt ??= page.readAt;
        entities.push(...page.entities);
      }
      if (readAt === undefined) throw new Error('Expected a page from table storage, got none');
      return { entities, readAt };
    },

    pages,

    get: (partitionKey, rowKey) =>
      reaching(`read table ${name}`, async () => {
        try {
          return toStored(await (await tables()).client.getEntity(partitionKey, rowKey));
        } catch (error) {
          if (statusOf(error) === 404) return undefined;
          throw error;
        }
      }),

    commit: (partitionKey, changes) =>
      reaching(`write table ${name}`, async () => {
        try {
          const { client } = await tables();
          const answer = await client.submitTransaction(changes.map((change) => toAction(partitionKey, change)));
          // By position: only the answer to an insert names its row.
          return new Map(changes.map(({ rowKey }, index) => [rowKey, answer.subResponses[index]?.etag ?? '']));
        } catch (error) {
          const status = statusOf(error);
          if (codeOf(error) !== 'TableNotFound' && (status === 404 || status === 409 || status === 412)) {
            throw new ConflictError(`Another instance changed table ${name} first (${status})`);
          }
          throw error;
        }
      }),
  };
}

function toAction(partitionKey: string, change: EntityChange): TransactionAction {
  if (change.kind === 'delete') return ['delete', { partitionKey, rowKey: change.rowKey }];
  const columns = Object.fromEntries(Object.entries(change.columns).filter(([, value]) => value !== undefined));
  const entity = { partitionKey, rowKey: change.rowKey, ...columns };
  if (change.kind === 'insert') return ['create', entity];
  if (change.kind === 'put') return ['upsert', entity, 'Replace'];
  // The client takes these for "whatever is there".
  if (change.etag === '' || change.etag === '*')
    throw new ConflictError(`Expected the version of row ${change.rowKey} that is to be replaced, got none`);
  return ['update', entity, 'Replace', { etag: change.etag }];
}

function toStored(entity: Readonly<Record<string, unknown>>): StoredEntity {
  // The last one comes with a single row only, and would be stored as a column when the row is written again.
  const { rowKey, etag, timestamp, partitionKey: _, 'odata.metadata': __, ...columns } = entity;
  if (typeof rowKey !== 'string' || typeof etag !== 'string' || typeof timestamp !== 'string') {
    throw new Error('Expected RowKey, ETag and Timestamp on a row of table storage, got a row without');
  }
  return { rowKey, etag, writtenAt: new Date(timestamp), columns };
}
