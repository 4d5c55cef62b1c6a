import type { ServiceNowRecord } from '../../shared/servicenow/table-api.ts';
import type { OrderPreview } from './preview-order.ts';

/** The preview for people: texts as they read in ServiceNow, the other fields below them. */
export function formatPreview({
  order,
  fields,
  request,
  attachment,
  warnings = [],
  problem,
  notAsked,
}: OrderPreview): string {
  const { short_description: title, description, work_notes: notes, ...others } = fields ?? {};
  const block = (name: string, text: string | undefined) =>
    text === undefined || text === '' ? [] : [`${name}:\n${text.replace(/^/gm, '    ')}`];
  const list = (values: ServiceNowRecord | undefined) =>
    Object.entries(values ?? {})
      .map(([name, value]) => `${name} = ${value}`)
      .join('\n');
  const heads = request && [
    `Request of ${request.item === undefined ? 'no catalog item' : `catalog item ${request.item}`}`,
    `for ${request.requestedFor === undefined ? 'the API user' : `user ${request.requestedFor}`}`,
  ];
  return [
    `== ${order}`,
    ...(problem === undefined ? [] : [`NO TICKET: ${problem}`]),
    ...(notAsked === undefined ? [] : [`Not asked ServiceNow for caller, group and references: ${notAsked}`]),
    ...warnings.map((warning) => `Warning: ${warning}`),
    ...(heads ? [heads.join(', ')] : []),
    ...block('Short description', title),
    ...block('Description', description),
    ...block('Work notes', notes),
    ...block('Fields', list(others)),
    ...block('Variables', list(request?.variables)),
    ...block('Fields of the request', list(request?.fields)),
    ...block('Task', list(request?.task)),
    ...block('Attachment order-details.txt', attachment),
  ].join('\n\n');
}
