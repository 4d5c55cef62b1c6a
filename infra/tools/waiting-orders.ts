import { findConnections } from '../../shared/doctor/agent-files.ts';
import { neutralLine } from '../../shared/neutral-text.ts';
import type { ReadSettings } from '../../shared/settings/settings-document.ts';
import { type Ledger, NO_CONNECTION } from '../../shared/tickets/ledger.ts';

/** One order that is deferred, held or waiting. */
export interface WaitingOrder {
  /** Absent where the order's connection is not known yet. */
  readonly connection?: string;
  readonly deliveryId: string;
  readonly summary: string;
  readonly reason: string;
  readonly orderedAt: string;
  readonly since?: string;
  /** When it comes back. */
  readonly notBefore?: string;
}

/** One of them, and where its row is. */
export interface WaitingPlace {
  readonly partition: string;
  readonly rowKey: string;
}

/** All that wait, oldest order first, and the settings files that could not be read and may name more connections. */
export interface WaitingOrders {
  readonly orders: readonly WaitingOrder[];
  readonly unread: readonly string[];
}

const LONGEST_REASON = 2_000;

/**
 * Lists the orders that wait, of one connection or of all that mappings and settings name, with those whose connection is
 * not known. Read from the ledger, for a hidden queue message can't be listed. @throws UnavailableError.
 */
export async function listWaiting(deps: WaitingDeps, connection: string | undefined): Promise<WaitingOrders> {
  const { orders, unread } = await findWaiting(deps, connection);
  return { orders: orders.map(({ order }) => order), unread };
}

/** What it needs. */
export interface WaitingDeps {
  readonly ledger: Ledger;
  readonly readSettings: ReadSettings;
}

/** The same, with the place of each. @throws UnavailableError. */
export async function findWaiting(
  { ledger, readSettings }: WaitingDeps,
  connection: string | undefined,
): Promise<{
  readonly orders: readonly { readonly order: WaitingOrder; readonly place: WaitingPlace }[];
  readonly unread: readonly string[];
}> {
  const found =
    connection === undefined ? await findConnections(readSettings) : { identifiers: [connection], unread: [] };
  const orders: { order: WaitingOrder; place: WaitingPlace }[] = [];
  for (const partition of connection === undefined ? [...found.identifiers, NO_CONNECTION] : found.identifiers) {
    for (const row of await ledger.listWaiting(partition)) {
      const { DeliveryId, OrderedAt, Summary, Reason, Since, NotBefore, rowKey } = row;
      const order = {
        ...(partition !== NO_CONNECTION && { connection: partition }),
        deliveryId: DeliveryId,
        summary: neutralLine(Summary ?? 'an order', 300),
        reason: neutralLine(Reason ?? 'none given', LONGEST_REASON),
        orderedAt: OrderedAt,
        ...(Since !== undefined && { since: Since }),
        ...(NotBefore !== undefined && { notBefore: NotBefore }),
      };
      orders.push({ order, place: { partition, rowKey } });
    }
  }
  const age = ({ order: { orderedAt, deliveryId } }: { order: WaitingOrder }) => `${orderedAt} ${deliveryId}`;
  return { orders: orders.sort((a, b) => (age(a) < age(b) ? -1 : 1)), unread: found.unread };
}

/** The list for people. */
export function formatWaiting({ orders, unread }: WaitingOrders): string {
  const blocks = orders.map(({ connection, deliveryId, summary, reason, orderedAt, since, notBefore }) =>
    [
      `${summary}, ${connection === undefined ? 'connection not known' : `connection ${neutralLine(connection, 200)}`}`,
      `  ordered ${orderedAt.split('#')[0]}, waits since ${since ?? 'an unknown time'}, comes back ${notBefore ?? 'at an unknown time'}`,
      `  Reason: ${reason}`,
      `  DeliveryId: ${neutralLine(deliveryId, 10_000)}`,
    ].join('\n'),
  );
  if (orders.length === 0) blocks.push('No order waits.');
  if (unread.length > 0)
    blocks.push(
      `${unread.join(', ')} can't be read and may name more connections: \`npm run doctor\` says why, --connection asks for one`,
    );
  return blocks.join('\n');
}
