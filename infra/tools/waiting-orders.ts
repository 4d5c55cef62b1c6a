import { findConnections } from '../../shared/doctor/agent-files.ts';
import { neutralLine } from '../../shared/neutral-text.ts';
import type { ReadSettings } from '../../shared/settings/settings-document.ts';
import { type Ledger, NO_CONNECTION, PASSWORDS } from '../../shared/tickets/ledger.ts';

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

/** An order that waits, as it was found. */
export interface FoundWaiting {
  readonly order: WaitingOrder;
  readonly place: WaitingPlace;
}

/** All that wait, oldest order first, and the settings files that could not be read and may name more connections. */
export interface WaitingOrders {
  readonly orders: readonly WaitingOrder[];
  readonly unread: readonly string[];
}

const LONGEST_REASON = 2_000;

/** What to look through: the orders of one connection, or of all; or the password resets of all. */
export type Waiting = { readonly connection: string | undefined } | 'resets';

/** What it needs. */
interface WaitingDeps {
  readonly ledger: Ledger;
  readonly readSettings: ReadSettings;
}

/**
 * Finds what waits: orders of one connection or of all that mappings and settings name, with those whose connection is
 * not known, or resets. Read from the ledger, for a hidden queue message can't be listed. @throws UnavailableError.
 */
export async function findWaiting(
  { ledger, readSettings }: WaitingDeps,
  what: Waiting,
): Promise<{ readonly orders: readonly FoundWaiting[]; readonly unread: readonly string[] }> {
  const { partitions, unread } = await partitionsOf(readSettings, what);
  const orders: FoundWaiting[] = [];
  for (const partition of partitions) {
    for (const row of await ledger.listWaiting(partition)) {
      const { DeliveryId, OrderedAt, Summary, Reason, Since, NotBefore, rowKey } = row;
      const order = {
        ...(partition !== NO_CONNECTION && partition !== PASSWORDS && { connection: partition }),
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
  const age = ({ order: { orderedAt, deliveryId } }: FoundWaiting) => `${orderedAt} ${deliveryId}`;
  return { orders: orders.sort((a, b) => (age(a) < age(b) ? -1 : 1)), unread };
}

async function partitionsOf(
  readSettings: ReadSettings,
  what: Waiting,
): Promise<{ readonly partitions: readonly string[]; readonly unread: readonly string[] }> {
  if (what === 'resets') return { partitions: [PASSWORDS], unread: [] };
  if (what.connection !== undefined) return { partitions: [what.connection], unread: [] };
  const { identifiers, unread } = await findConnections(readSettings);
  return { partitions: [...identifiers, NO_CONNECTION], unread };
}

/** The list for people. */
export function formatWaiting({ orders, unread }: WaitingOrders, what: Waiting): string {
  const through = (connection: string | undefined) => {
    if (what === 'resets') return '';
    return connection === undefined ? ', connection not known' : `, connection ${neutralLine(connection, 200)}`;
  };
  const blocks = orders.map(({ connection, deliveryId, summary, reason, orderedAt, since, notBefore }) =>
    [
      `${summary}${through(connection)}`,
      `  ordered ${orderedAt.split('#')[0]}, waits since ${since ?? 'an unknown time'}, comes back ${notBefore ?? 'at an unknown time'}`,
      `  Reason: ${reason}`,
      `  DeliveryId: ${neutralLine(deliveryId, 10_000)}`,
    ].join('\n'),
  );
  if (orders.length === 0) blocks.push(what === 'resets' ? 'No password reset waits.' : 'No order waits.');
  if (unread.length > 0)
    blocks.push(
      `${unread.join(', ')} can't be read and may name more connections: \`npm run doctor\` says why, --connection asks for one`,
    );
  return blocks.join('\n');
}
