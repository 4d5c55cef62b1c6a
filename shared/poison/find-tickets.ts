import { type Envelope, ordersIn } from '../provisioning/envelope.ts';
import type { Mappings } from '../provisioning/mappings.ts';
import { readOrder } from '../provisioning/order.ts';
import { orderKey } from '../provisioning/order-key.ts';
import type { OrderStore } from '../provisioning/order-store.ts';
import type { Ledger } from '../tickets/ledger.ts';
import type { TicketRow } from '../tickets/ledger-row.ts';

/**
 * The tickets, open or closed, that the orders in an envelope led to already, whoever sent them. An order that can't be
 * read never led to one.
 *
 * @throws ConnectorError where that can't be told: without a usable mapping nobody knows the order's connection.
 */
export type FindTickets = (envelope: Envelope) => Promise<readonly TicketRow[]>;

/** Builds the finder; it reads settings, blobs and the ledger, and writes nothing. */
export function makeFindTickets(deps: {
  readonly installationId: string;
  readonly mappings: Mappings;
  readonly ledger: Ledger;
  readonly store: OrderStore;
}): FindTickets {
  return async (envelope) => {
    const tickets: TicketRow[] = [];
    for (const data of ordersIn(await deps.store.contentOf(envelope)).orders) {
      const parsed = readOrder(data);
      if (!parsed.ok) continue;
      const { AssignedResourceTypeId, ChangeType, ResourceType, WorkflowInstanceId, Changes } = parsed.value;
      const { Connection } = await deps.mappings.find(ResourceType.Identifier);
      const key = orderKey({
        installationId: deps.installationId,
        connection: Connection,
        resourceType: ResourceType.Identifier,
        assignmentId: AssignedResourceTypeId,
        changeType: ChangeType,
        workflowInstanceId: WorkflowInstanceId ?? undefined,
        changes: Changes ?? {},
      });
      const view = await deps.ledger.readAssignment(Connection, AssignedResourceTypeId);
      for (const { row } of view.tickets) {
        if (row.OrderKey === key && (row.State === 'open' || row.State === 'closed')) tickets.push(row);
      }
    }
    return tickets;
  };
}
