import type { Envelope } from '../provisioning/envelope.ts';
import type { ChangeType, ProvisioningOrder } from '../provisioning/order.ts';
import type { ResourceTypeMapping } from '../provisioning/resource-type-mapping.ts';
import type { OrderPlace } from './put-back.ts';

/** One order that was understood, with everything its ticket needs. */
export interface TicketOrder {
  readonly envelope: Envelope;
  readonly order: ProvisioningOrder;
  readonly changeType: ChangeType;
  readonly orderKey: string;
  readonly mapping: ResourceTypeMapping;
  readonly place: OrderPlace;
  /** Names this handling of the order; a row that carries it is under this handling's claim. */
  readonly claimId: string;
}
