import type { ResourceTypeMapping } from '../provisioning/resource-type-mapping.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import type { TicketText } from './describe-order.ts';
import { LEVELS, type TicketMarks } from './draft-incident.ts';
import { PART_KEY_FIELD } from './requested-item-fields.ts';

/** What a request needs beside the fields of its requested item. */
export interface RequestDraft {
  /** The sys_id of the catalog item to order; `undefined` for a request without the catalog. */
  readonly item: string | undefined;
  readonly variables: Readonly<Record<string, string>>;
  /** The sys_id of whom it is for; `undefined` for the API user. */
  readonly requestedFor: string | undefined;
  /** The fields of the request. */
  readonly values: ServiceNowRecord;
  /** The fields of the task, where there is no flow to make one. */
  readonly taskValues: ServiceNowRecord;
}

/**
 * The fields of the requested item, and what goes with it. Empty ones are left to the instance; category and subcategory are
 * fields of incidents alone. Pure.
 */
export function draftRequest(
  mapping: ResourceTypeMapping,
  text: TicketText,
  fields: ServiceNowRecord,
  ticket: TicketMarks,
  order: Pick<RequestDraft, 'item' | 'variables'>,
): { readonly values: ServiceNowRecord; readonly request: RequestDraft } {
  const marks = { [mapping.CorrelationField]: ticket.key, correlation_display: ticket.marker };
  const partMarks = { [PART_KEY_FIELD]: ticket.key, correlation_display: ticket.marker };
  const texts = {
    short_description: text.title,
    description: text.description,
    ...(text.workNotes && { work_notes: text.workNotes }),
  };
  const group = ticket.groupSysId ? { assignment_group: ticket.groupSysId } : {};
  const requestedFor = ticket.callerSysId;
  const levels = { impact: LEVELS[mapping.TicketImpact], urgency: LEVELS[mapping.TicketUrgency] };
  const workflow = mapping.WorkflowField && ticket.workflow ? { [mapping.WorkflowField]: ticket.workflow } : {};
  return {
    values: { ...levels, ...group, ...fields, ...workflow, ...texts, ...marks },
    request: {
      ...order,
      requestedFor,
      values: {
        short_description: text.title,
        // The flow of an item that was ordered has said already whom it is for.
        ...(order.item === undefined && requestedFor !== undefined && { requested_for: requestedFor }),
        ...partMarks,
      },
      taskValues: { ...group, ...texts, ...partMarks },
    },
  };
}
