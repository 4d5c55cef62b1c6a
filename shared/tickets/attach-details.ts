import { ConnectorError, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Instance } from '../servicenow/client.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import type { WithPermit } from '../servicenow/with-permit.ts';
import { draftTexts } from './draft-texts.ts';
import { keyOf } from './ledger.ts';
import type { TicketRow } from './ledger-row.ts';
import type { TicketOrder } from './ticket-order.ts';

/**
 * Attaches the details that a ticket's own text has no room for; does nothing where there are none. Neither of the two ever
 * throws for a foreseen failure: a ticket without its attachment is still a ticket, and its text says that there is more.
 */
export interface AttachDetails {
  /** Those of a ticket just made. */
  all(instance: Instance, row: TicketRow, record: ServiceNowRecord, attachment: string | undefined): Promise<void>;
  /** Those of a ticket that was found, if they are not there yet. */
  missing(instance: Instance, order: TicketOrder, row: TicketRow, record: ServiceNowRecord): Promise<void>;
}

const FILE_NAME = 'order-details.txt';

/** Builds the attacher; its calls take a permit of their own. Rights needed: read and write on the ticket. */
export function makeAttachDetails({
  withPermit,
  log,
}: {
  readonly withPermit: WithPermit;
  readonly log: Log;
}): AttachDetails {
  async function attempt(instance: Instance, { number }: ServiceNowRecord, calls: () => Promise<void>): Promise<void> {
    try {
      await withPermit(instance, 'order', calls);
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      log.warn('ticket.notAttached', { ticket: number, reason: messageOf(error) });
    }
  }

  return {
    async all(instance, { TicketTable: table }, record, text) {
      if (text === undefined) return;
      const { sys_id: sysId = '' } = record;
      await attempt(instance, record, () => instance.attachments.add(table, sysId, { name: FILE_NAME, text }));
    },

    async missing(instance, order, row, record) {
      const { sys_id: sysId = '' } = record;
      const { TicketTable: table } = row;
      let text: string | undefined;
      try {
        // Who the caller is, and which other tickets there are, is not in the details.
        text = (await draftTexts(order, 'owner', [], keyOf(row))).text.attachment;
      } catch (error) {
        // A template that has become none meanwhile: the ticket was found, and that is what counts.
        if (!(error instanceof ConnectorError)) throw error;
      }
      if (text === undefined) return;
      const file = { name: FILE_NAME, text };
      await attempt(instance, record, async () => {
        const names = await instance.attachments.names(table, sysId);
        if (!names.includes(FILE_NAME)) await instance.attachments.add(table, sysId, file);
      });
    },
  };
}
