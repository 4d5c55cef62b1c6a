import { parseArgs } from 'node:util';
import { sayFailure } from '../../shared/doctor/say-failure.ts';
import { messageOf } from '../../shared/errors.ts';
import { formatConnections, listConnections } from './connections-list.ts';
import { endCommand } from './end-command.ts';
import { type OpenedScope, openScope, pause, release, resume } from './hold-commands.ts';
import { openTools, type Tools } from './open-tools.ts';

/*
 * `npm run connections -- list`: the connections, where each setting comes from, whose login is stopped, what is on hold and how
 * many new tickets there were today. `pause` keeps the orders of a connection, or of one resource type, from ServiceNow; `resume` ends
 * that. `release` ends holds, allows as many new tickets again today, and one more try of a stopped login. They exit with 0
 * where that was done, 1 where it was not, 2 where it could not run.
 */
const USAGE = `Usage: npm run connections -- list [--json]
       npm run connections -- pause <id> [--resource-type <type>] [--reason <text>]
       npm run connections -- resume <id> [--resource-type <type>]
       npm run connections -- release <id> [--resource-type <type>]
  pause    its orders wait, none is lost or given up; tickets that are there are followed on
  resume   ends the pause; orders come back by themselves
  release  ends what holds orders but for a pause; reached limits of new tickets, and a stopped login, too`;

type Command =
  | { readonly verb: 'list'; readonly json: boolean }
  | { readonly verb: 'pause'; readonly id: string; readonly resourceType: string | undefined; readonly reason: string }
  | { readonly verb: 'resume' | 'release'; readonly id: string; readonly resourceType: string | undefined };

const print = (text: string) => void process.stdout.write(`${text}\n`);
const complain = (text: string) => void process.stderr.write(`${text}\n`);

const command = readCommand();
await endCommand(command ? await main(command) : 2);

async function main(chosen: Command): Promise<number> {
  const opened = await openTools();
  if (!opened.ok) {
    complain(`${opened.message}\n${opened.remedy}`);
    return 2;
  }
  try {
    return await run(opened.tools, chosen);
  } catch (error) {
    complain(sayFailure(error));
    return 1;
  }
}

async function run(tools: Tools, chosen: Command): Promise<number> {
  if (chosen.verb === 'list') {
    const list = await listConnections(tools);
    print(chosen.json ? JSON.stringify(list) : formatConnections(list));
    return 0;
  }
  const scope = await openScope(tools, chosen.id, chosen.resourceType);
  const { done, problems } = await act(tools, chosen, scope);
  for (const line of done) print(line);
  for (const line of problems) complain(line);
  return done.length > 0 && problems.length === 0 ? 0 : 1;
}

function act(tools: Tools, chosen: Exclude<Command, { readonly verb: 'list' }>, scope: OpenedScope) {
  if (chosen.verb === 'pause') return pause(tools, scope, chosen.reason);
  return chosen.verb === 'resume' ? resume(tools, scope) : release(tools, scope);
}

function readCommand(): Command | undefined {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        'resource-type': { type: 'string' },
        reason: { type: 'string' },
      },
    });
    const { json, reason, 'resource-type': resourceType } = values;
    const [verb, id, ...more] = positionals;
    if (verb === 'list' && id === undefined && resourceType === undefined && reason === undefined)
      return { verb, json };
    if (id && more.length === 0 && !json && resourceType !== '') {
      if (verb === 'pause') return { verb, id, resourceType, reason: reason ?? 'no reason given' };
      if ((verb === 'resume' || verb === 'release') && reason === undefined) return { verb, id, resourceType };
    }
    complain(USAGE);
  } catch (error) {
    complain(`${messageOf(error)}\n${USAGE}`);
  }
  return undefined;
}
