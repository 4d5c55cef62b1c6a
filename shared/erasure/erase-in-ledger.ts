import { failureOf } from '../errors.ts';
import { ordersIn } from '../provisioning/envelope.ts';
import { identifyOrder } from '../provisioning/order.ts';
import { readAgain } from '../storage/read-again.ts';
import { keptEnvelope } from '../tickets/kept-envelope.ts';
import { keyOf, type WaitingRow } from '../tickets/ledger.ts';
import type { AskedErasure, EraseDeps, Erased } from './erase-owner.ts';

/** Blanks a person's data in one partition of the ledger. @throws UnavailableError; HoldError where a row can't be read. */
export async function* eraseInLedger(
  partition: string,
  { ownerId, dryRun }: AskedErasure,
  { ledger, store }: Pick<EraseDeps, 'ledger' | 'store'>,
): AsyncGenerator<Erased> {
  for (const row of await ledger.listWaiting(partition)) {
    if ((await ownerOf(row)) !== ownerId) continue;
    const left = 'it waits to become a ticket: run it again once it has, or give it up with `npm run orders -- drop`';
    yield { kind: 'order', name: row.DeliveryId, left };
  }
  for await (const tickets of ledger.listOwned(partition, ownerId)) {
    for (const { row } of tickets) {
      const name = keyOf(row);
      const left = await readAgain(() => erase(name));
      yield { kind: 'ticket', name, ...(left !== undefined && { left }) };
    }
  }

  /** Says why it did not. */
  async function erase(key: string): Promise<string | undefined> {
    const ticket = await ledger.readTicket(partition, key);
    if (!ticket) return undefined;
    const { State, Pending, PoisonPending } = ticket.row;
    if (State === 'creating') return 'its ticket is being made: run it again later';
    if (Pending !== undefined || PoisonPending !== undefined)
      return 'something that is decided about it is still to be sent: run it again later';
    if (!dryRun) await ledger.eraseOwner(partition, ticket);
    return undefined;
  }

  async function ownerOf({ rowKey }: WaitingRow): Promise<string | undefined> {
    const stored = await ledger.readWaiting(partition, rowKey);
    const envelope = stored && keptEnvelope(stored.row);
    if (!envelope) return undefined;
    try {
      return identifyOrder(ordersIn(await store.contentOf(envelope)).orders[0]).ownerId;
    } catch (error) {
      if (failureOf(error)?.class === 'permanent') return undefined;
      throw error;
    }
  }
}
