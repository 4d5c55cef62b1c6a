import type { ResourceTypeMapping } from '../provisioning/resource-type-mapping.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import type { TicketText } from './describe-order.ts';
import { WRITTEN_FIELDS } from './incident-fields.ts';

/** Impact and urgency by Identity Manager's names, as ServiceNow's base system numbers them. */
export const LEVELS = { High: '1', Medium: '2', Low: '3' } as const;

/** The fields of the incident to make; empty ones are left to the instance. Pure. */
export function draftIncident(
  mapping: ResourceTypeMapping,
  text: TicketText,
  ticket: {
    readonly key: string;
    readonly marker: string;
    readonly callerSysId: string | undefined;
    readonly groupSysId: string | undefined;
  },
): ServiceNowRecord {
  return {
    short_description: text.title,
    description: text.description,
    ...(ticket.callerSysId && { caller_id: ticket.callerSysId }),
    ...(ticket.groupSysId && { assignment_group: ticket.groupSysId }),
    ...(mapping.TicketCategory && { category: mapping.TicketCategory }),
    ...(mapping.TicketSubCategory && { subcategory: mapping.TicketSubCategory }),
    impact: LEVELS[mapping.TicketImpact],
    urgency: LEVELS[mapping.TicketUrgency],
    correlation_id: ticket.key,
    correlation_display: ticket.marker,
  } satisfies Partial<Record<(typeof WRITTEN_FIELDS)[number], string>>;
}

/** Texts are left out, for only correlation and routing matter. */
const COMPARED_FIELDS = WRITTEN_FIELDS.filter((field) => !field.endsWith('description'));

/**
 * The fields that the instance stored otherwise than they were sent: business rules and unknown choices change what
 * we send.
 */
export function changedFields(draft: ServiceNowRecord, stored: ServiceNowRecord): string[] {
  return COMPARED_FIELDS.filter((field) => draft[field] !== undefined && stored[field] !== draft[field]);
}
