import { ConnectorError } from '../../errors.ts';
import { ServiceNowError } from '../../servicenow/servicenow-error.ts';
import type { ServiceNowRecord, TableApi } from '../../servicenow/table-api.ts';
import { INCIDENT, WRITTEN_FIELDS } from '../../tickets/incident-fields.ts';
import type { CheckContext } from './check-context.ts';
import { type Finding, failed, ok } from './finding.ts';
import { readMeant } from './read-rows.ts';

const FIELDS = ['sys_id', 'number', 'state', 'assignment_group', ...WRITTEN_FIELDS];
/** The base system's value; states are compared by value. */
const CANCELED = '8';

/**
 * Makes a ticket in the group of that name and cancels it at once. No poll ever sees it: its marker is not that of this
 * installation's tickets. Rights needed: read on sys_user_group, create and write on incident.
 */
export async function checkWriteTest(context: CheckContext, group: string): Promise<readonly Finding[]> {
  const groups = await readMeant(
    context.tables,
    'sys_user_group',
    { where: [['name', '=', group]], fields: ['sys_id', 'name', 'active'], limit: 5 },
    (row) => row.name?.toLowerCase() === group.toLowerCase(),
  );
  const [only, ...more] = groups ?? [];
  if (!groups) return [failed(`Groups are not readable.`, 'Let the API user read table sys_user_group.')];
  if (!only || more.length > 0 || only.active === 'false') {
    const found = only ? (more.length > 0 ? 'several' : 'one that is not active') : 'none';
    return [
      failed(
        `Expected one active group named ${JSON.stringify(group)}, found ${found}.`,
        'Name another group after --group.',
      ),
    ];
  }
  const draft: ServiceNowRecord = {
    short_description: 'Test of the connection to Identity Manager: nothing to do',
    description:
      'This ticket shows that the connector may make tickets. It is cancelled right away; if it is still open, cancel it.',
    assignment_group: only.sys_id ?? '',
    impact: '3',
    urgency: '3',
    correlation_id: `doctor.${context.clock.now().getTime()}`,
    correlation_display: `${context.marker}/doctor`,
  };
  const made = await make(context, draft);
  if ('finding' in made) return [made.finding];
  return [describeMade(draft, made.record), await cancel(context, made.record)];
}

async function make(
  { tables }: CheckContext,
  draft: ServiceNowRecord,
): Promise<{ readonly record: ServiceNowRecord } | { readonly finding: Finding }> {
  try {
    return { record: await tables.insert(INCIDENT, draft, FIELDS, () => {}) };
  } catch (error) {
    if (!(error instanceof ServiceNowError) || error.execution === 'none') throw error;
    // It may be there all the same.
    const record = await find(tables, draft);
    if (record) return { record };
    const remedy =
      error.execution === 'unknown'
        ? `It may be there later: look for a ticket with correlation ID ${draft.correlation_id}, and cancel it by hand.`
        : 'Let the API user create incidents and write their fields, and look for business rules and data policies that refuse them.';
    return { finding: failed(`A ticket could not be made: ${error.message}.`, remedy) };
  }
}

/** The ticket that was made of the draft; `undefined` where none is seen, for whatever reason. */
async function find(tables: TableApi, draft: ServiceNowRecord): Promise<ServiceNowRecord | undefined> {
  try {
    const { records } = await tables.list(INCIDENT, {
      where: [
        ['correlation_id', '=', draft.correlation_id ?? ''],
        ['correlation_display', '=', draft.correlation_display ?? ''],
      ],
      fields: FIELDS,
      limit: 2,
    });
    return records.find((one) => one.correlation_id === draft.correlation_id);
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    return undefined;
  }
}

/** Compares the ticket with what was sent. Pure. */
export function describeMade(draft: ServiceNowRecord, record: ServiceNowRecord): Finding {
  const changed = Object.keys(draft).filter((field) => record[field] !== draft[field]);
  const made = `Ticket ${record.number ?? ''} was made`;
  if (changed.length === 0) return ok(`${made} as it was meant to be.`);
  return failed(
    `${made}, but the instance stored ${changed.join(', ')} otherwise than sent.`,
    'Let the API user write these fields, and keep business rules off them; without correlation_id and correlation_display no ticket is found again.',
  );
}

async function cancel({ tables }: CheckContext, record: ServiceNowRecord): Promise<Finding> {
  const { sys_id: sysId = '', number = '' } = record;
  const byHand = `Cancel ${number} by hand; the connector itself never cancels tickets, so this matters to this test alone.`;
  try {
    const values = { state: CANCELED, work_notes: 'Cancelled by the test that made it.' };
    const after = await tables.update(INCIDENT, sysId, values, ['sys_id', 'state']);
    if (after.state === CANCELED) return ok(`Ticket ${number} was cancelled again.`);
    return failed(`Ticket ${number} was to be cancelled, and its state is ${after.state ?? 'unknown'}.`, byHand);
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    return failed(`Ticket ${number} could not be cancelled: ${error.message}.`, byHand);
  }
}
