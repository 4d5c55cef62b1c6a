import type { ResourceTypeMapping } from '../provisioning/resource-type-mapping.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import type { TicketText } from './describe-order.ts';
import type { WRITTEN_FIELDS } from './incident-fields.ts';

/** Impact and urgency by Identity Manager's names, as ServiceNow's base system numbers them. */
export const LEVELS = { High: '1', Medium: '2', Low: '3' } as const;

/** By what a ticket is found again, and what was looked up for it. */
export interface TicketMarks {
  readonly key: string;
  readonly marker: string;
  readonly callerSysId: string | undefined;
  readonly groupSysId: string | undefined;
  /** What orders of one workflow for one owner have in common. */
  readonly workflow: string;
}

/** The fields of the incident to make; empty ones are left to the instance. Pure. */
export function draftIncident(
  mapping: ResourceTypeMapping,
  text: TicketText,
  fields: ServiceNowRecord,
  ticket: TicketMarks,
): ServiceNowRecord {
  return {
    ...(mapping.TicketCategory && { category: mapping.TicketCategory }),
    ...(mapping.TicketSubCategory && { subcategory: mapping.TicketSubCategory }),
    impact: LEVELS[mapping.TicketImpact],
    urgency: LEVELS[mapping.TicketUrgency],
    ...(ticket.callerSysId && { caller_id: ticket.callerSysId }),
    ...(ticket.groupSysId && { assignment_group: ticket.groupSysId }),
    // What a mapping says of a field itself is said with more care than what all fields get.
    ...fields,
    ...(mapping.WorkflowField && ticket.workflow && { [mapping.WorkflowField]: ticket.workflow }),
    ...({
      short_description: text.title,
      description: text.description,
      ...(text.workNotes && { work_notes: text.workNotes }),
      correlation_display: ticket.marker,
    } satisfies Partial<Record<(typeof WRITTEN_FIELDS)[number], string>>),
    [mapping.CorrelationField]: ticket.key,
  };
}

/** Texts, and journals, which read back empty: only correlation and routing matter. */
const NOT_COMPARED = ['short_description', 'description', 'work_notes', 'comments'];

/**
 * The fields that the instance stored otherwise than they were sent: business rules, unknown choices and fields change what
 * we send.
 */
export function changedFields(draft: ServiceNowRecord, stored: ServiceNowRecord): string[] {
  return Object.keys(draft).filter((field) => !NOT_COMPARED.includes(field) && stored[field] !== draft[field]);
}
