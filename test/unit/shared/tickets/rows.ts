import type { AssignmentView, Ledger, LedgerChange } from '../../../../shared/tickets/ledger.ts';
import type { DeliveryRow, Stored, TicketRow } from '../../../../shared/tickets/ledger-row.ts';

/** When the ledger was read, by storage's clock. */
export const READ_AT = new Date('2026-11-23T10:00:00.000Z');

/** An order key of the assignment `393`. */
export const ORDER_KEY = `393.A.${'0'.repeat(32)}`;

/** A ticket row, open, with these members. */
export function ticketRowOf(members: Partial<TicketRow> = {}): TicketRow {
  return {
    v: 1,
    State: 'open',
    OrderKey: ORDER_KEY,
    Generation: 1,
    OrderedAt: '2026-11-20T08:00:00.000Z#000000',
    DeliveryId: 'first',
    Connection: 'Help',
    ResourceType: 'SAP_User',
    AssignmentId: '393',
    ChangeType: 'Added',
    OwnerId: '21511',
    OwnerType: '51',
    ClaimId: 'claim',
    ClaimSeconds: 1_000,
    FirstClaimedAt: '2026-11-20T08:00:01.000Z',
    NotPosted: false,
    Unclear: false,
    Sequence: 1,
    ProvisioningState: 'Transmitted',
    TicketTable: 'incident',
    ...members,
  };
}

/** A delivery row that names a ticket key, with these members. */
export function deliveryRowOf(members: Partial<DeliveryRow> = {}): DeliveryRow {
  return {
    v: 1,
    State: 'decided',
    DeliveryId: 'first',
    OrderedAt: '2026-11-20T08:00:00.000Z#000000',
    TicketKey: `${ORDER_KEY}.1`,
    ...members,
  };
}

/** A row as it was read, written this long before it was read. */
export function storedOf<T>(row: T, ageInSeconds = 0): Stored<T> {
  return { row, etag: 'etag-0', writtenAt: new Date(READ_AT.getTime() - ageInSeconds * 1000) };
}

/** What is known of an assignment. */
export function viewOf(
  tickets: readonly Stored<TicketRow>[],
  deliveries: readonly Stored<DeliveryRow>[] = [],
): AssignmentView {
  return { tickets, deliveries, assignment: undefined, readAt: READ_AT };
}

/** A ledger that tells what is written, and gives `etag-1`, `etag-2` … for it. */
export function ledgerThat(
  written: (partition: string, change: LedgerChange) => void | Promise<void>,
  reads: Partial<Ledger> = {},
): Ledger {
  let version = 0;
  const unexpected = () => Promise.reject(new Error('Expected no such reading'));
  return {
    readAssignment: unexpected,
    readTicket: unexpected,
    listUnfinished: () => {
      throw new Error('Expected no such reading');
    },
    listOwned: () => {
      throw new Error('Expected no such reading');
    },
    eraseOwner: unexpected,
    mark: unexpected,
    readHistory: unexpected,
    findByNumber: unexpected,
    readDelivery: unexpected,
    listWaiting: unexpected,
    readWaiting: unexpected,
    markReleased: unexpected,
    forgetWaiting: unexpected,
    ...reads,
    write: async (partition, change) => {
      await written(partition, change);
      version += 1;
      return `etag-${version}`;
    },
  };
}
