import type { Envelope } from '../provisioning/envelope.ts';
import type { ChangeType, OrderIdentity, ProvisioningOrder } from '../provisioning/order.ts';
import type { ResourceTypeMapping } from '../provisioning/resource-type-mapping.ts';
import type { OrderPlace } from './put-back.ts';

/** An order and where its rows are. */
export interface PlacedOrder {
  readonly envelope: Envelope;
  readonly place: OrderPlace;
  readonly orderKey: string;
}

/** One order that was understood, with everything its ticket needs. */
export interface TicketOrder extends PlacedOrder {
  readonly identity: OrderIdentity;
  readonly order: ProvisioningOrder;
  readonly changeType: ChangeType;
  readonly mapping: ResourceTypeMapping;
  /** Names this handling of the order; a row that carries it is under this handling's claim. */
  readonly claimId: string;
}
