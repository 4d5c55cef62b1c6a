import { sayFailure } from '../../shared/doctor/say-failure.ts';
import { messageOf } from '../../shared/errors.ts';
import { endCommand } from './end-command.ts';
import { openTools } from './open-tools.ts';
import { adopt } from './tickets/adopt.ts';
import { acceptLoss, keep } from './tickets/decide-loss.ts';
import { erase } from './tickets/erase.ts';
import { listTickets } from './tickets/list-tickets.ts';
import { showTicket } from './tickets/show-ticket.ts';
import type { Terminal, TicketCommand, TicketWork } from './tickets/ticket-command.ts';
import { ticketStats } from './tickets/ticket-stats.ts';
import { withdraw } from './tickets/withdraw.ts';

/*
 * `npm run tickets -- <command>`: what became of tickets, and what an operator decides about them. Each command says what
 * rights it needs. It exits with 0, 1 where something could not be done, 2 where it could not run.
 */
const commands: Readonly<Record<string, TicketCommand>> = {
  list: listTickets,
  show: showTicket,
  stats: ticketStats,
  withdraw,
  adopt,
  'accept-loss': acceptLoss,
  keep,
  erase,
};

const terminal: Terminal = {
  print: (text) => void process.stdout.write(`${text}\n`),
  complain: (text) => void process.stderr.write(`${text}\n`),
};

const [name = '', ...args] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
const work = readWork(command, args);
await endCommand(work ? await main(work) : 2, { usedPermits: work !== undefined && command?.usesServiceNow === true });

async function main(work: TicketWork): Promise<number> {
  const opened = await openTools();
  if (!opened.ok) {
    terminal.complain(`${opened.message}\n${opened.remedy}`);
    return 2;
  }
  try {
    return await work(opened.tools, terminal);
  } catch (error) {
    terminal.complain(sayFailure(error));
    return 1;
  }
}

function readWork(chosen: TicketCommand | undefined, given: readonly string[]): TicketWork | undefined {
  let fault = '';
  try {
    const read = chosen?.read(given);
    if (read) return read;
  } catch (error) {
    fault = `${messageOf(error)}\n`;
  }
  const usages = chosen ? [chosen.usage] : Object.values(commands).map(({ usage }) => usage);
  terminal.complain(`${fault}Usage: npm run tickets -- <command>\n${usages.join('\n')}`);
  return undefined;
}
