import { ConnectorError, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { neutralLine } from '../neutral-text.ts';
import type { OnceADay } from '../once-a-day.ts';
import { isQueryable } from '../servicenow/encoded-query.ts';
import type { RecordQuery, ServiceNowRecord } from '../servicenow/table-api.ts';
import type { WithPermit } from '../servicenow/with-permit.ts';
import type { FollowContext } from './follow-ticket.ts';
import { INCIDENT } from './incident-fields.ts';
import type { TicketRow } from './ledger-row.ts';
import type { Outcome } from './outcome.ts';
import { isKnownCloseCode } from './state-maps.ts';

/**
 * What a ticket's own record does not say of how it ended, to stand behind its outcome's text: who rejected it and why; empty where
 * there is nothing to add. A close code that nobody knows is warned of by its name. It never fails for what it can't read: a result
 * without an explanation is still a result.
 */
export type ExplainEnding = (
  row: TicketRow,
  record: ServiceNowRecord,
  outcome: Outcome,
  context: Pick<FollowContext, 'instance' | 'ownRules' | 'includeCloseNotes'>,
) => Promise<string>;

/** An approval has seldom more than a few approvers, and the first who refused it is the one who ended it. */
const MOST_READ = 1;
const LONGEST_REASON = 300;

/**
 * Builds it. Up to two calls where a ticket was rejected, one for a close code met first that day. Rights needed: read on
 * `sysapproval_approver`, `sys_journal_field` and `sys_choice`; without them the text is shorter.
 */
export function makeExplainEnding(deps: {
  readonly withPermit: WithPermit;
  readonly isDue: OnceADay;
  readonly log: Log;
}): ExplainEnding {
  return async (row, record, outcome, context) => {
    await warnOfCloseCode(row, record, context);
    return outcome.isRejection ? rejectionText(row, record, context) : '';
  };

  async function warnOfCloseCode(
    { TicketTable: table, ResourceType: resourceType }: TicketRow,
    { close_code: closeCode = '', number }: ServiceNowRecord,
    { instance, ownRules }: Pick<FollowContext, 'instance' | 'ownRules'>,
  ): Promise<void> {
    const { identifier: connection } = instance.settings;
    if (table !== INCIDENT || isKnownCloseCode(closeCode, ownRules)) return;
    if (!deps.isDue(`${connection} ${closeCode}`)) return;
    const choice = await first(instance, 'sys_choice', {
      where: [
        ['name', '=', table],
        ['element', '=', 'close_code'],
        ['value', '=', closeCode],
      ],
      fields: ['sys_id', 'value', 'label', 'inactive'],
    });
    deps.log.warn('closeCode.unknown', {
      connection,
      resourceType,
      ticket: number,
      closeCode: neutralLine(closeCode, 100),
      label: choice?.value === closeCode ? neutralLine(choice.label ?? '', 100) : undefined,
      todo: 'its tickets are followed by their state; say in StateMap of the mapping what this close code means',
    });
  }

  async function rejectionText(
    { TicketTable: table }: TicketRow,
    record: ServiceNowRecord,
    { instance, includeCloseNotes }: Pick<FollowContext, 'instance' | 'includeCloseNotes'>,
  ): Promise<string> {
    // An item is approved by itself, or with its request.
    const of = [record.sys_id ?? '', ...(table === INCIDENT ? [] : [record.request ?? ''])].filter(isQueryable);
    if (of.length === 0) return '';
    const rejected = await first(instance, 'sysapproval_approver', {
      where: [['state', '=', 'rejected'], of.map((sysId) => ['sysapproval', '=', sysId] as const)],
      fields: ['sys_id', 'sysapproval', 'state', 'approver.name'],
      orderBy: 'sys_updated_on',
    });
    const { sys_id: sysId = '', sysapproval = '', state, 'approver.name': approver = '' } = rejected ?? {};
    if (state !== 'rejected' || !of.includes(sysapproval)) return '';
    const by = approver === '' ? '' : `, rejected by ${neutralLine(approver, 100)}`;
    if (!includeCloseNotes || !isQueryable(sysId)) return by;
    const comment = await first(instance, 'sys_journal_field', {
      where: [
        ['element_id', '=', sysId],
        ['element', '=', 'comments'],
      ],
      fields: ['sys_id', 'element_id', 'value'],
      orderBy: 'sys_created_on',
    });
    const why = comment?.element_id === sysId ? neutralLine(comment.value ?? '', LONGEST_REASON) : '';
    return `${by}${why === '' ? '' : `: ${why}`}`;
  }

  async function first(
    instance: FollowContext['instance'],
    table: string,
    query: Pick<RecordQuery, 'where' | 'fields' | 'orderBy'>,
  ): Promise<ServiceNowRecord | undefined> {
    try {
      const page = await deps.withPermit(instance, 'poll', () =>
        instance.tables.list(table, { ...query, limit: MOST_READ }),
      );
      return page.records[0];
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      deps.log.warn('ticket.notExplained', { table, reason: messageOf(error) });
      return undefined;
    }
  }
}
