import { parseArgs } from 'node:util';
import { UnavailableError } from '../../../shared/errors.ts';
import { neutralLine } from '../../../shared/neutral-text.ts';
import { blobStore } from '../../../shared/storage/blob-store.ts';
import { readReconcileState, writeReconcileState } from '../../../shared/tickets/reconcile-state.ts';
import type { Tools } from '../open-tools.ts';
import type { TicketCommand } from './ticket-command.ts';

const MOST_ATTEMPTS = 5;

/** An operator's answer to the question what it means that many tickets are gone at once. */
type Decision = 'accept-loss' | 'keep';

/** `accept-loss`: they were deleted, and their orders end as Errored. */
export const acceptLoss = lossCommand(
  'accept-loss',
  '  accept-loss <connection>  the tickets that are gone were deleted: the next reconciliation ends their orders as Errored',
  'The next reconciliation ends the orders of the tickets that are gone as Errored.',
);

/** `keep`: they will be back, or are to be followed as if they were there. */
export const keep = lossCommand(
  'keep',
  '  keep <connection>         the tickets that are gone will be back: nothing is concluded from their absence any more',
  'The next reconciliation concludes nothing from the absence of the tickets that are gone; whichever comes back is followed.',
);

/**
 * Permissions needed: Storage Blob Data Contributor on container `connector-state`, Storage Table Data Contributor on table
 * `limits`.
 */
function lossCommand(decision: Decision, usage: string, consequence: string): TicketCommand {
  return {
    usage,
    read(args) {
      const { positionals } = parseArgs({ args: [...args], allowPositionals: true, options: {} });
      const [connection, ...more] = positionals;
      if (!connection || more.length > 0) return undefined;
      return async (tools, { print, complain }) => {
        const scope = { connection };
        const isHeld = (await tools.holds.all()).some(
          (hold) => hold.kind === 'loss' && hold.scope.connection === connection,
        );
        if (!isHeld) {
          complain(`${neutralLine(connection, 200)}: nothing was found to be gone that would need a decision.`);
          return 1;
        }
        // The decision first: without it, the next reconciliation would only place the hold again.
        await writeDecision(tools, connection, decision);
        await tools.holds.end(scope, 'loss');
        print(`${neutralLine(connection, 200)} is not on hold for lost tickets any more. ${consequence}`);
        return 0;
      };
    },
  };
}

/** A reconciliation that is under way may write the same blob. */
async function writeDecision({ config, loadCredential }: Tools, connection: string, decision: Decision): Promise<void> {
  const blobs = blobStore(`${config.storage.blobServiceUrl.replace(/\/$/, '')}/connector-state`, loadCredential);
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt += 1) {
    const { state, etag } = await readReconcileState(blobs, connection);
    if (await writeReconcileState(blobs, connection, { ...state, Decision: decision }, etag)) return;
  }
  throw new UnavailableError(`The state of connection "${connection}" is being written all the time: try again`);
}
