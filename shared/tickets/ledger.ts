import * as z from 'zod/mini';
import { sha256Hex } from '../canonical-json.ts';
import type { Clock } from '../clock.ts';
import { HoldError } from '../errors.ts';
import { parse } from '../parse.ts';
import { assignmentKey, ticketKey } from '../provisioning/order-key.ts';
import {
  type Columns,
  ConflictError,
  type EntityChange,
  type EntityTable,
  type StoredEntity,
} from '../storage/entity-table.ts';
import { deliveryStep, type HistoryRow, historyRow, ticketStep } from './history.ts';
import {
  type DeliveryRow,
  deliveryRow,
  type Stored,
  type TicketRow,
  ticketRow,
  type UnfinishedRow,
  unfinishedRow,
} from './ledger-row.ts';

/** Partition of orders whose connection is not known. */
export const NO_CONNECTION = '_none';

/** Partition of password resets, whatever their connection; in it a `DeliveryId` stands where others have an assignment. */
export const PASSWORDS = '_passwords';

/** What the keys of the list of unfinished tickets begin with. */
const UNFINISHED = '_unfinished.';
const HISTORY = '_history.';
const NUMBER = '_number.';

const numberRow = z.object({ v: z.int(), TicketKey: z.string() });

/** All that the ledger knows of one assignment, and when it was read, by storage's clock. */
export interface AssignmentView {
  readonly tickets: readonly Stored<TicketRow>[];
  readonly deliveries: readonly Stored<DeliveryRow>[];
  /** The version of the assignment's own row, once an order of it was claimed. */
  readonly assignment: { readonly etag: string } | undefined;
  readonly readAt: Date;
}

/** Rows to write in one transaction; `previous` is the version they may replace, none means they must be new. */
export interface LedgerChange {
  readonly ticket?: { readonly row: TicketRow; readonly previous?: Stored<TicketRow> | undefined };
  readonly delivery?: {
    readonly assignmentId: string;
    readonly row: DeliveryRow;
    readonly previous?: Stored<DeliveryRow> | undefined;
  };
  /** Replaces the assignment's own row, so that of two claims read from the same view one fails. */
  readonly assignment?: { readonly assignmentId: string; readonly previous: AssignmentView['assignment'] };
}

/** A delivery that waits, and the key of its row. */
export type WaitingRow = DeliveryRow & { readonly rowKey: string };

/** An unfinished ticket and its ticket key. */
export type UnfinishedTicket = Stored<UnfinishedRow> & { readonly key: string };

/** Changes that storage takes in one transaction. */
const MOST_CHANGES = 100;

/**
 * The ledger of orders and tickets (table `tickets`, one partition per connection). Row keys:
 *
 * - `<ticket key>`: a ticket row; `<assignment>.delivery.<DeliveryId>`: a delivery row; `<assignment>.assignment`: what
 *   claims of one assignment contend for; so `<assignment>.` is the range
 *   of one assignment, and an order key followed by `.` that of an order.
 * - `_unfinished.<ticket key>` and `_waiting.<assignment>.delivery.<DeliveryId>`: what is not done yet, as two short
 *   ranges that hold what a run over them needs.
 * - `_history.<row key>.<time>`: one step of the story of a row; `_number.<ticket number>`: whose ticket that is.
 */
export interface Ledger {
  readAssignment(partition: string, assignmentId: string): Promise<AssignmentView>;
  readTicket(partition: string, key: string): Promise<Stored<TicketRow> | undefined>;
  /** The story of an assignment, in the order of time. */
  readHistory(partition: string, assignmentId: string): Promise<readonly HistoryRow[]>;
  /** The row of a ticket by its number; `undefined` where no ticket of that number was ever followed. */
  findByNumber(partition: string, number: string): Promise<Stored<TicketRow> | undefined>;
  /** The tickets of a person by the `OwnerId` of their rows, unfinished or not, page by page. */
  listOwned(partition: string, ownerId: string): AsyncIterable<readonly Stored<TicketRow>[]>;
  /**
   * Blanks what the rows of a ticket tell of its person: the owner's id, and the reasons in the story of its assignment. Keys,
   * states and numbers stay. @throws ConflictError when the ticket has gone further meanwhile.
   */
  eraseOwner(partition: string, ticket: Stored<TicketRow>): Promise<void>;
  /** What is unfinished in a partition, by ticket key, page by page, with the time, by storage's clock, of each reading. */
  listUnfinished(
    partition: string,
  ): AsyncIterable<{ readonly tickets: readonly UnfinishedTicket[]; readonly readAt: Date }>;
  /** Writes down in that list when tickets were seen, or kept (ISO 8601); one that has gone further meanwhile is left alone. */
  mark(
    partition: string,
    tickets: readonly UnfinishedTicket[],
    marks: Pick<UnfinishedRow, 'SeenAt' | 'KeptAt'>,
  ): Promise<void>;
  readDelivery(partition: string, assignmentId: string, deliveryId: string): Promise<Stored<DeliveryRow> | undefined>;
  /** What is deferred, held or waiting in a partition, in no particular order, without envelopes. */
  listWaiting(partition: string): Promise<readonly WaitingRow[]>;
  /** A delivery with its envelope by its key in that list, as long as it waits. */
  readWaiting(partition: string, rowKey: string): Promise<Stored<DeliveryRow> | undefined>;
  /** Writes down that a copy of what waits was sent. @throws ConflictError when it has gone further meanwhile. */
  markReleased(partition: string, rowKey: string, previous: Stored<DeliveryRow>, at: string): Promise<void>;
  /**
   * Writes all rows of a change or none, and gives the new ETag of the ticket row.
   *
   * @throws ConflictError when a row has changed or, where it must be new, exists.
   */
  write(partition: string, change: LedgerChange): Promise<string>;
  /**
   * Removes the `waiting` rows of a delivery, if there are any: it lives in another partition now. Says whether the delivery is
   * decided on there, and stays so.
   */
  forgetWaiting(partition: string, assignmentId: string, deliveryId: string): Promise<boolean>;
}

/** The ledger on a table. */
export function makeLedger(table: EntityTable, clock: Pick<Clock, 'now'>): Ledger {
  async function commitUnlessChanged(partition: string, changes: readonly EntityChange[]): Promise<boolean> {
    try {
      await table.commit(partition, changes);
      return true;
    } catch (error) {
      if (error instanceof ConflictError) return false;
      throw error;
    }
  }

  async function readTicket(partition: string, key: string): Promise<Stored<TicketRow> | undefined> {
    const entity = await table.get(partition, key);
    return entity && stored(ticketRow, entity);
  }

  return {
    async readAssignment(partition, assignmentId) {
      const prefix = assignmentKey(assignmentId);
      // '/' is the character after '.', so this is every key that begins with `<assignment>.`
      const { entities, readAt } = await table.list(partition, `${prefix}.`, `${prefix}/`);
      const assignment = entities.find(({ rowKey }) => rowKey === assignmentRowKey(assignmentId));
      const isDelivery = ({ rowKey }: StoredEntity) => rowKey.startsWith(`${prefix}.delivery.`);
      return {
        tickets: entities
          .filter((entity) => entity !== assignment && !isDelivery(entity))
          .map((entity) => stored(ticketRow, entity)),
        deliveries: entities.filter(isDelivery).map((entity) => stored(deliveryRow, entity)),
        assignment,
        readAt,
      };
    },

    readTicket,

    async readHistory(partition, assignmentId) {
      const prefix = `${HISTORY}${assignmentKey(assignmentId)}`;
      const { entities } = await table.list(partition, `${prefix}.`, `${prefix}/`);
      return entities.map((entity) => stored(historyRow, entity).row).sort((a, b) => (a.At < b.At ? -1 : 1));
    },

    async findByNumber(partition, number) {
      const entity = isNumberKey(number) ? await table.get(partition, `${NUMBER}${number}`) : undefined;
      return entity && readTicket(partition, stored(numberRow, entity).row.TicketKey);
    },

    async *listOwned(partition, ownerId) {
      for await (const { entities } of table.pages(partition, '', '~', { column: 'OwnerId', equals: ownerId }))
        yield entities.map((entity) => stored(ticketRow, entity));
    },

    async eraseOwner(partition, { row, etag }) {
      const prefix = `${HISTORY}${assignmentKey(row.AssignmentId)}`;
      const { entities } = await table.list(partition, `${prefix}.`, `${prefix}/`);
      const changes = entities
        .map((entity) => ({ rowKey: entity.rowKey, etag: entity.etag, row: stored(historyRow, entity).row }))
        .filter((step) => step.row.Reason !== undefined)
        .map((step): EntityChange => {
          const { rowKey } = step;
          return { kind: 'replace', rowKey, etag: step.etag, columns: { ...step.row, Reason: undefined } };
        });
      for (let start = 0; start < changes.length; start += MOST_CHANGES)
        await table.commit(partition, changes.slice(start, start + MOST_CHANGES));
      // Last: as long as the row names its owner, it is found again.
      await table.commit(partition, [{ kind: 'replace', rowKey: keyOf(row), etag, columns: { ...row, OwnerId: '' } }]);
    },

    async *listUnfinished(partition) {
      for await (const { entities, readAt } of table.pages(partition, UNFINISHED, '_unfinished/')) {
        const tickets = entities.map((entity) => ({
          ...stored(unfinishedRow, entity),
          key: entity.rowKey.slice(UNFINISHED.length),
        }));
        yield { tickets, readAt };
      }
    },

    async mark(partition, tickets, marks) {
      const changes = tickets.map(({ key, row, etag }): EntityChange => {
        return { kind: 'replace', rowKey: `${UNFINISHED}${key}`, etag, columns: { ...row, ...marks } };
      });
      for (let start = 0; start < changes.length; start += MOST_CHANGES) {
        const some = changes.slice(start, start + MOST_CHANGES);
        if (await commitUnlessChanged(partition, some)) continue;
        for (const change of some) await commitUnlessChanged(partition, [change]);
      }
    },

    async readDelivery(partition, assignmentId, deliveryId) {
      const entity = await table.get(partition, deliveryRowKey(assignmentId, deliveryId));
      return entity && stored(deliveryRow, entity);
    },

    async listWaiting(partition) {
      const { entities } = await table.list(partition, '_waiting.', '_waiting/');
      return entities.map((entity) => ({
        ...stored(deliveryRow, entity).row,
        rowKey: entity.rowKey.slice('_waiting.'.length),
      }));
    },

    async readWaiting(partition, rowKey) {
      const entity = await table.get(partition, rowKey);
      const delivery = entity && stored(deliveryRow, entity);
      return delivery?.row.State === 'waiting' ? delivery : undefined;
    },

    async markReleased(partition, rowKey, { row, etag }, at) {
      const columns: Columns = { ...row, NotBefore: at, ReleasedAt: at };
      await table.commit(partition, [
        { kind: 'replace', rowKey, etag, columns },
        { kind: 'put', rowKey: `_waiting.${rowKey}`, columns: { ...columns, Envelope: undefined } },
      ]);
    },

    async write(partition, { ticket, delivery, assignment }) {
      const changes: EntityChange[] = [];
      if (ticket) changes.push(...ticketChanges(ticket.row, ticket.previous, clock.now()));
      if (delivery)
        changes.push(...deliveryChanges(delivery.assignmentId, delivery.row, delivery.previous, clock.now()));
      if (assignment) changes.push(assignmentChange(assignment));
      const etags = await table.commit(partition, changes);
      return (ticket && etags.get(keyOf(ticket.row))) ?? '';
    },

    async forgetWaiting(partition, assignmentId, deliveryId) {
      const rowKey = deliveryRowKey(assignmentId, deliveryId);
      const entity = await table.get(partition, rowKey);
      if (!entity) return false;
      if (stored(deliveryRow, entity).row.State !== 'waiting') return true;
      await table.commit(partition, [
        { kind: 'delete', rowKey },
        { kind: 'delete', rowKey: `_waiting.${rowKey}` },
      ]);
      return false;
    },
  };
}

/** The ticket key of a row. */
export function keyOf(row: TicketRow): string {
  return ticketKey(row.OrderKey, row.Generation);
}

/** Whether something about a ticket row is still to be done or to be watched. */
function isUnfinished(row: TicketRow): boolean {
  return (
    row.State === 'creating' || row.State === 'open' || row.Pending !== undefined || row.PoisonPending !== undefined
  );
}

function ticketChanges(row: TicketRow, previous: Stored<TicketRow> | undefined, now: Date): EntityChange[] {
  const rowKey = keyOf(row);
  const changes: EntityChange[] = [
    previous
      ? { kind: 'replace', rowKey, etag: previous.etag, columns: row }
      : { kind: 'insert', rowKey, columns: row },
  ];
  const marker = `${UNFINISHED}${rowKey}`;
  if (isUnfinished(row)) changes.push({ kind: 'put', rowKey: marker, columns: unfinished(row) });
  else if (previous && isUnfinished(previous.row)) changes.push({ kind: 'delete', rowKey: marker });
  const { Number: number } = row;
  if (number !== undefined && number !== previous?.row.Number && isNumberKey(number))
    changes.push({ kind: 'put', rowKey: `${NUMBER}${number}`, columns: { v: 1, TicketKey: rowKey } });
  return [...changes, ...historyChange(rowKey, ticketStep(rowKey, row, previous?.row, now))];
}

function unfinished(row: TicketRow): UnfinishedRow {
  return {
    v: row.v,
    State: row.State,
    TicketTable: row.TicketTable,
    SysId: row.SysId,
    Number: row.Number,
    OrderedAt: row.OrderedAt,
    ResourceType: row.ResourceType,
    AssignmentId: row.AssignmentId,
    ChangeType: row.ChangeType,
    ProvisioningState: row.ProvisioningState,
    TicketState: row.TicketState,
    TicketApproval: row.TicketApproval,
    OpenedAt: row.OpenedAt,
    SeenAt: row.SeenAt,
    Adopted: row.Adopted,
    HasPending: row.Pending !== undefined || row.PoisonPending !== undefined,
  };
}

function deliveryChanges(
  assignmentId: string,
  row: DeliveryRow,
  previous: Stored<DeliveryRow> | undefined,
  now: Date,
): EntityChange[] {
  const rowKey = deliveryRowKey(assignmentId, row.DeliveryId);
  const columns: Columns = row;
  const changes: EntityChange[] = [
    previous ? { kind: 'replace', rowKey, etag: previous.etag, columns } : { kind: 'insert', rowKey, columns },
  ];
  const marker = `_waiting.${rowKey}`;
  if (row.State === 'waiting')
    changes.push({ kind: 'put', rowKey: marker, columns: { ...columns, Envelope: undefined } });
  else if (previous?.row.State === 'waiting') changes.push({ kind: 'delete', rowKey: marker });
  return [...changes, ...historyChange(rowKey, deliveryStep(row, previous?.row, now))];
}

function historyChange(rowKey: string, step: HistoryRow | undefined): EntityChange[] {
  return step ? [{ kind: 'put', rowKey: `${HISTORY}${rowKey}.${step.At}.${step.What}`, columns: step }] : [];
}

/** Whether a ticket number can stand in a key; an instance may number as it likes. */
function isNumberKey(number: string): boolean {
  return /^[A-Za-z0-9_-]{1,100}$/.test(number);
}

function assignmentChange({ assignmentId, previous }: NonNullable<LedgerChange['assignment']>): EntityChange {
  const change = { rowKey: assignmentRowKey(assignmentId), columns: { v: 1 } };
  return previous ? { kind: 'replace', etag: previous.etag, ...change } : { kind: 'insert', ...change };
}

function assignmentRowKey(assignmentId: string): string {
  return `${assignmentKey(assignmentId)}.assignment`;
}

function deliveryRowKey(assignmentId: string, deliveryId: string): string {
  // The agent's ids hold file names; what can't stand in a key is hashed.
  const safe = /^[A-Za-z0-9._~-]{1,200}$/.test(deliveryId) ? deliveryId : sha256Hex(deliveryId, 40);
  return `${assignmentKey(assignmentId)}.delivery.${safe}`;
}

function stored<T>(schema: z.ZodMiniType<T>, entity: StoredEntity): Stored<T> {
  const parsed = parse(schema, entity.columns);
  if (!parsed.ok) {
    // Written by a later version, or by hand: nothing is decided about this order until somebody has looked.
    throw new HoldError(
      `order ${entity.rowKey}`,
      `Ledger row ${entity.rowKey} can't be read: ${parsed.faults.join('; ')}`,
    );
  }
  return { row: parsed.value, etag: entity.etag, writtenAt: entity.writtenAt };
}
