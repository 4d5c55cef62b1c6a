import { messageOf } from '../errors.ts';
import { inParallel } from '../in-parallel.ts';
import type { Log } from '../log.ts';
import type { Mappings } from '../provisioning/mappings.ts';
import type { ServiceNow } from '../servicenow/servicenow.ts';
import type { ReconcileConnection } from './reconcile-connection.ts';

/**
 * Finds out what became of open tickets that no poll has seen for a while.
 *
 * @throws AggregateError with the failures of single connections, after each of them had its turn.
 */
export type ReconcileTickets = () => Promise<void>;

/** Connections at a time: one whose host does not answer holds up no other. */
const AT_A_TIME = 16;

/** Builds the reconciliation of all connections that mappings name. */
export function makeReconcileTickets(deps: {
  readonly mappings: Mappings;
  readonly serviceNow: ServiceNow;
  readonly reconcileConnection: ReconcileConnection;
  readonly log: Log;
}): ReconcileTickets {
  return async () => {
    const failures: unknown[] = [];
    await inParallel(await deps.mappings.connections(), AT_A_TIME, async (connection) => {
      try {
        await deps.reconcileConnection(await deps.serviceNow.open(connection));
      } catch (error) {
        deps.log.error('reconcile.failed', { connection, reason: messageOf(error) });
        failures.push(error);
      }
    });
    if (failures.length > 0)
      throw new AggregateError(
        failures,
        `Reconciliation failed for ${failures.length} connection(s), the next one carries on: ${failures.map(messageOf).join('; ')}`,
      );
  };
}
