import type { Log } from '../log.ts';
import type { Instance } from '../servicenow/client.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import { bareRequestTickets } from './bare-request-tickets.ts';
import { catalogRequestTickets } from './catalog-request-tickets.ts';
import type { TicketDraft } from './draft-ticket.ts';
import { incidentTickets } from './incident-tickets.ts';
import type { Claim, SendDeps } from './send-once.ts';
import type { TicketKindName, TicketReference } from './ticket-reference.ts';
import type { BegunRequest } from './unfinished-ticket-error.ts';

/** What was found of a ticket: all of it, or a request to which something is missing yet. */
export type FoundTicket =
  | { readonly kind: 'whole'; readonly record: ServiceNowRecord }
  | { readonly kind: 'begun'; readonly request: BegunRequest };

/** A ticket to be made or completed, under a claim. */
export interface TicketWork {
  readonly instance: Instance;
  readonly ticket: TicketReference;
  readonly draft: TicketDraft;
  readonly claim: Claim;
  /** What there is of it already. */
  readonly begun: BegunRequest | undefined;
}

/** A ticket that is whole, and what of it was written just now: what was written before may have been changed by people. */
export interface MadeTicket {
  readonly record: ServiceNowRecord;
  /** The fields of the record as they were sent; none where another call had made it. */
  readonly sent: ServiceNowRecord;
}

/** How tickets of one kind are made exactly once, and found again whatever became of the answers. */
export interface TicketKind {
  /**
   * What there is of a ticket; `undefined` where there certainly is nothing.
   *
   * @throws HoldError where something is hidden from us or a query was not understood.
   * @throws ServiceNowError where no answer came.
   */
  find(instance: Instance, ticket: TicketReference, log: Log): Promise<FoundTicket | undefined>;
  /**
   * Makes the ticket, or what it lacks, and gives its record as stored, with what was sent.
   *
   * @throws UnclearPostError, UntraceableOrderError when something may have been made, UnfinishedTicketError when something
   *   certainly was; any other ConnectorError when there certainly is nothing.
   */
  make(work: TicketWork, deps: SendDeps & { readonly log: Log }): Promise<MadeTicket>;
}

/** The kinds of tickets there are. */
export const TICKET_KINDS: Readonly<Record<TicketKindName, TicketKind>> = {
  incident: incidentTickets,
  catalogRequest: catalogRequestTickets,
  bareRequest: bareRequestTickets,
};
