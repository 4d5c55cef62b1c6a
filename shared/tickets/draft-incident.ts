import type { ResourceTypeMapping } from '../provisioning/resource-type-mapping.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import type { TicketText } from './describe-order.ts';

/** Impact and urgency by Identity Manager's names, as ServiceNow's base system numbers them. */
const LEVELS = { High: '1', Medium: '2', Low: '3' } as const;

/** The fields of the incident to make; empty ones are left to the instance. Pure. */
export function draftIncident(
  mapping: ResourceTypeMapping,
  text: TicketText,
  ticket: { readonly key: string; readonly marker: string; readonly callerSysId: string | undefined },
): ServiceNowRecord {
  return {
    short_description: text.title,
    description: text.description,
    ...(ticket.callerSysId && { caller_id: ticket.callerSysId }),
    ...(mapping.TicketCategory && { category: mapping.TicketCategory }),
    ...(mapping.TicketSubCategory && { subcategory: mapping.TicketSubCategory }),
    impact: LEVELS[mapping.TicketImpact],
    urgency: LEVELS[mapping.TicketUrgency],
    correlation_id: ticket.key,
    correlation_display: ticket.marker,
  };
}

/**
 * The fields that the instance stored otherwise than they were sent: business rules and unknown choices change what
 * we send. Texts are left out, for only correlation and routing matter.
 */
export function changedFields(draft: ServiceNowRecord, stored: ServiceNowRecord): string[] {
  return ['caller_id', 'category', 'subcategory', 'impact', 'urgency', 'correlation_id', 'correlation_display'].filter(
    (field) => draft[field] !== undefined && stored[field] !== draft[field],
  );
}
