import { identifyOrder, readOrder } from '../provisioning/order.ts';
import { orderKey } from '../provisioning/order-key.ts';
import { NO_CONNECTION } from './ledger.ts';

/** The order key of any content, in the partition its rows are in; one that can't be read is told from others by all of it. */
export function keyOfOrder(installationId: string, partition: string | undefined, data: unknown): string {
  const { assignmentId = '', changeType, resourceType } = identifyOrder(data);
  const order = readOrder(data);
  return orderKey({
    installationId,
    connection: partition === undefined || partition === NO_CONNECTION ? '' : partition,
    resourceType,
    assignmentId,
    changeType,
    workflowInstanceId: order.ok ? (order.value.WorkflowInstanceId ?? undefined) : undefined,
    changes: order.ok ? (order.value.Changes ?? {}) : JSON.stringify(data),
  });
}
