import { failureOf, messageOf } from '../errors.ts';
import { eraseOrders } from '../provisioning/erased-order.ts';
import { mappingOrNone } from '../provisioning/mapping-or-none.ts';
import { identifyOrder, readOrder } from '../provisioning/order.ts';
import { keyOfOrder } from '../tickets/key-of-order.ts';
import { NO_CONNECTION } from '../tickets/ledger.ts';
import type { AskedErasure, EraseDeps, Erased } from './erase-owner.ts';

/**
 * Blanks a person's orders in container `provisioning-orders`, each blob as a whole, where the ledger says that all of them were decided
 * on: what a blob holds may still be on its way otherwise. @throws UnavailableError.
 */
export async function* eraseInBlobs(
  { ownerId, dryRun }: AskedErasure,
  deps: Pick<EraseDeps, 'store' | 'ledger' | 'mappings' | 'installationId'>,
): AsyncGenerator<Erased> {
  const { store, ledger, mappings, installationId } = deps;
  const isTheirs = (order: unknown) => identifyOrder(order).ownerId === ownerId;
  for await (const path of store.list()) {
    const erased = await erase(path);
    if (erased) yield erased;
  }

  async function erase(name: string): Promise<Erased | undefined> {
    const kind = 'blob';
    try {
      const content = await store.ordersOf({ OrdersBlob: name });
      let theirs = 0;
      for await (const order of content.kind === 'orders' ? content.orders : content.orders()) {
        if (!isTheirs(order)) continue;
        theirs += 1;
        if (!(await isDecided(order))) return { kind, name, left: undecided(order) };
      }
      if (theirs === 0) return undefined;
      if (dryRun || (await store.rewrite(name, (whole) => eraseOrders(whole, isTheirs)))) return { kind, name };
      return { kind, name, left: 'somebody replaced it at the same moment: run it again' };
    } catch (error) {
      if (failureOf(error)?.class !== 'permanent') throw error;
      return { kind, name, left: `whom it tells of can't be told: ${messageOf(error)}` };
    }
  }

  async function isDecided(data: unknown): Promise<boolean> {
    const { assignmentId } = identifyOrder(data);
    if (assignmentId === undefined) return false;
    const order = readOrder(data);
    const mapping = order.ok ? await mappingOrNone(mappings, order.value.ResourceType.Identifier) : undefined;
    const partition = mapping?.Connection ?? NO_CONNECTION;
    const { tickets, deliveries } = await ledger.readAssignment(partition, assignmentId);
    if (deliveries.some(({ row }) => row.State === 'waiting')) return false;
    const orderKey = keyOfOrder(installationId, partition, data);
    const own = tickets.filter(({ row }) => row.OrderKey === orderKey);
    return own.length > 0 && own.every(({ row }) => row.State !== 'creating' && row.PoisonPending === undefined);
  }
}

function undecided(order: unknown): string {
  const { assignmentId = 'unknown' } = identifyOrder(order);
  return `the ledger knows no end of its order for assignment ${assignmentId}, which may be on its way. If no message will bring it, delete the blob`;
}
