import { ConnectorError, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Instance } from '../servicenow/client.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import type { TicketDraft } from './draft-ticket.ts';
import type { TicketRow } from './ledger-row.ts';

/** Attaches the details that a ticket's own text has no room for; does nothing where there are none. */
export type AttachDetails = (
  instance: Instance,
  row: TicketRow,
  record: ServiceNowRecord,
  draft: TicketDraft,
  options?: { readonly ifMissing?: boolean },
) => Promise<void>;

const FILE_NAME = 'order-details.txt';

/**
 * Builds the attacher. A ticket without its attachment is still a ticket, and its text says that there is more: what fails
 * here is logged and keeps nothing back. Rights needed: write on the ticket.
 */
export function makeAttachDetails(log: Log): AttachDetails {
  return async (instance, { TicketTable: table }, record, { attachment }, { ifMissing = false } = {}) => {
    const { sys_id: sysId = '', number } = record;
    if (attachment === undefined) return;
    try {
      if (ifMissing && (await instance.attachments.names(table, sysId)).includes(FILE_NAME)) return;
      await instance.attachments.add(table, sysId, { name: FILE_NAME, text: attachment });
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      log.warn('ticket.notAttached', { ticket: number, reason: messageOf(error) });
    }
  };
}
