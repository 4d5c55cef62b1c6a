import { INCIDENT } from './incident-fields.ts';
import { lookUpTicket } from './look-up-ticket.ts';
import { sendOnce } from './send-once.ts';
import type { TicketKind } from './ticket-kind.ts';
import { fieldsOf } from './ticket-tables.ts';

/** Incidents: one call makes one whole. Rights needed: read, create and write on `incident`. */
export const incidentTickets: TicketKind = {
  async find(instance, ticket, log) {
    const record = await lookUpTicket(instance, ticket, log);
    return record && { kind: 'whole', record };
  },

  async make({ instance, ticket, draft, claim }, deps) {
    const sent = Object.keys(draft.values);
    const fields = fieldsOf(INCIDENT, sent);
    const record = await sendOnce(
      (beforeSend) => instance.tables.insert(INCIDENT, draft.values, fields, beforeSend),
      () => lookUpTicket(instance, ticket, deps.log, sent),
      claim,
      deps,
    );
    return { record, sent: draft.values };
  },
};
