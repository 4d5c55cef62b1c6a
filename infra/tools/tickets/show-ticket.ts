import { neutralLine } from '../../../shared/neutral-text.ts';
import type { HistoryRow } from '../../../shared/tickets/history.ts';
import { openQueues } from '../open-queues.ts';
import { csvLine } from './csv-line.ts';
import type { TicketCommand } from './ticket-command.ts';
import { readTicketOptions } from './ticket-options.ts';
import { ticketPartitions } from './ticket-partitions.ts';

const COLUMNS = [
  'At',
  'What',
  'TicketKey',
  'DeliveryId',
  'Number',
  'TicketState',
  'TicketApproval',
  'CloseCode',
  'ResolvedBy',
  'ClosedBy',
  'ProvisioningState',
  'Sequence',
  'Reason',
] as const satisfies readonly (keyof HistoryRow)[];

/**
 * `show`: the whole story of an assignment, by its id or the number of one of its tickets, in the order of time. Permission needed:
 * Storage Table Data Reader on table `tickets`.
 */
export const showTicket: TicketCommand = {
  usage: `  show <ticket number|AssignmentId> [--connection <id>] [--json|--csv]   the whole story of an order: received, put back, made, seen, closed by whom, results`,
  read(args) {
    const options = readTicketOptions(args);
    const [wanted, ...more] = options?.positionals ?? [];
    if (!options || !wanted || more.length > 0) return undefined;
    const { connection, format } = options;
    return async (tools, terminal) => {
      const { ledger } = openQueues(tools);
      const stories: { connection: string; assignment: string; steps: readonly HistoryRow[] }[] = [];
      for (const partition of await ticketPartitions(tools, connection, terminal)) {
        const byNumber = await ledger.findByNumber(partition, wanted);
        const assignment = byNumber?.row.AssignmentId ?? wanted;
        const steps = await ledger.readHistory(partition, assignment);
        if (steps.length > 0) stories.push({ connection: partition, assignment, steps });
      }
      if (stories.length === 0) {
        terminal.complain(
          `${neutralLine(wanted, 200)}: no order of that assignment and no ticket of that number is known.`,
        );
        return 1;
      }
      if (format === 'json') terminal.print(JSON.stringify(stories));
      else if (format === 'csv') {
        terminal.print(csvLine(['connection', ...COLUMNS]));
        for (const { connection: of, steps } of stories)
          for (const step of steps) terminal.print(csvLine([of, ...COLUMNS.map((column) => step[column])]));
      } else
        for (const { connection: of, assignment, steps } of stories)
          terminal.print(
            [
              `Assignment ${neutralLine(assignment, 200)}, connection ${neutralLine(of, 200)}`,
              ...steps.map(forPeople),
            ].join('\n'),
          );
      return 0;
    };
  },
};

function forPeople(step: HistoryRow): string {
  const { At, What, Number: number = 'its ticket', ProvisioningState: state, Sequence, Reason, TicketState } = step;
  const who = [
    ...(step.CloseCode ? [`close code ${step.CloseCode}`] : []),
    ...(step.ResolvedBy ? [`resolved by ${step.ResolvedBy}`] : []),
    ...(step.ClosedBy ? [`closed by ${step.ClosedBy}`] : []),
    ...(step.TicketApproval ? [`approval ${step.TicketApproval}`] : []),
  ].map((text) => `, ${text}`);
  const said = {
    waiting: `put back: ${Reason}`,
    absorbed: `sent once more, and added nothing to ${step.TicketKey}`,
    claimed: 'its ticket is being made',
    open: `${number} is open${who.join('')}`,
    closed: `${number} has ended as ${state}${who.join('')}`,
    rejected: `given up as ${state}`,
    seen: `${number} is in state ${TicketState}${who.join('')}`,
    sent: `result ${Sequence} was sent: ${state}`,
  }[What];
  return `  ${At}  ${neutralLine(said, 2_000)}`;
}
