import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Log } from '../log.ts';
import { mappingOrNone } from '../provisioning/mapping-or-none.ts';
import type { Mappings } from '../provisioning/mappings.ts';
import type { Instance } from '../servicenow/client.ts';
import type { WithPermit } from '../servicenow/with-permit.ts';
import { claimEndsInSeconds } from './decide-create.ts';
import { followContext } from './follow-ticket.ts';
import { keyOf } from './ledger.ts';
import type { Stored, TicketRow } from './ledger-row.ts';
import type { OpenTicket } from './open-ticket.ts';
import { TICKET_KINDS } from './ticket-kind.ts';
import { ticketReference, whereToLook } from './ticket-reference.ts';

/**
 * Looks for the ticket of a claim that ended `TAKE_OVER_AFTER_SECONDS` ago, once a day: what is found whole is followed from now on; anything else is
 * reported, and never made here, for only the order itself says that it is wanted still. `lookedAt` is when it was looked for last.
 */
export type TakeOver = (
  instance: Instance,
  stored: Stored<TicketRow>,
  readAt: Date,
  lastLookedAt: string | undefined,
) => Promise<{ readonly came: 'opened' | 'left'; readonly lookedAt?: string }>;

const DAY_IN_MS = 86_400_000;

/** Builds the look at what is half made. Permission needed: that of creating tickets. */
export function makeTakeOver(deps: {
  readonly config: Pick<Config, 'installationId' | 'takeOverAfterInMs'>;
  readonly mappings: Pick<Mappings, 'find'>;
  readonly withPermit: WithPermit;
  readonly open: OpenTicket;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}): TakeOver {
  return async (instance, stored, readAt, lastLookedAt) => {
    const { row } = stored;
    const { identifier: connection } = instance.settings;
    if (claimEndsInSeconds(stored, readAt) * 1000 > -deps.config.takeOverAfterInMs) return { came: 'left' };
    const now = deps.clock.now();
    if (lastLookedAt !== undefined && now.getTime() - Date.parse(lastLookedAt) < DAY_IN_MS)
      return { came: 'left', lookedAt: lastLookedAt };
    const reference = ticketReference(row, deps.config.installationId);
    const kind = TICKET_KINDS[row.TicketKind ?? 'incident'];
    const found = row.NotPosted
      ? undefined
      : await deps.withPermit(instance, 'reconcile', () => kind.find(instance, reference, deps.log));
    if (found?.kind === 'whole') {
      const mapping = await mappingOrNone(deps.mappings, row.ResourceType);
      deps.log.info('ticket.adopted', { ticketKey: keyOf(row), ticket: found.record.number });
      await deps.open(connection, stored, found.record, followContext(instance, mapping));
      return { came: 'opened' };
    }
    deps.log.error('ticket.unfinished', {
      connection,
      ticketKey: keyOf(row),
      claimedAt: row.FirstClaimedAt,
      found: found ? 'a part of it' : 'nothing',
      todo: `its order was left before its ticket was whole; look for ${whereToLook(row)}, and send the order again`,
    });
    return { came: 'left', lookedAt: now.toISOString() };
  };
}
