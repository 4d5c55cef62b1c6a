import { parseArgs } from 'node:util';
import { sayFailure } from '../../shared/doctor/say-failure.ts';
import { messageOf } from '../../shared/errors.ts';
import { loginOf } from '../../shared/servicenow/password-use.ts';
import { formatConnections, listConnections } from './connections-list.ts';
import { endCommand } from './end-command.ts';
import { openTools, type Tools } from './open-tools.ts';

/*
 * `npm run connections -- list`: the connections, where each setting comes from, and whose login is stopped.
 * `npm run connections -- release <id>`: allows one more try of a stopped login. It exits with 0 where that was done, 1
 * where it was not, 2 where it could not run.
 */
const USAGE = `Usage: npm run connections -- list [--json]
       npm run connections -- release <id>`;

type Command = { readonly verb: 'list'; readonly json: boolean } | { readonly verb: 'release'; readonly id: string };

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
    if (chosen.verb === 'release') return await release(opened.tools, chosen.id);
    const list = await listConnections(opened.tools);
    print(chosen.json ? JSON.stringify(list) : formatConnections(list));
    return 0;
  } catch (error) {
    complain(sayFailure(error));
    return 1;
  }
}

/** @throws HoldError where the settings don't say which login it is; UnavailableError where table `limits` is away. */
async function release({ connections, logins }: Tools, id: string): Promise<number> {
  const login = loginOf(await connections.read(id, 0));
  if (!(await logins.release(login))) {
    complain(`The login of connection ${id} is not stopped: nothing to release.`);
    return 1;
  }
  print(
    `The login of connection ${id} may be tried once more, at its next use. If ServiceNow refuses it again, it is stopped again.`,
  );
  return 0;
}

function readCommand(): Command | undefined {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false } },
    });
    const [verb, id, ...more] = positionals;
    if (verb === 'list' && id === undefined) return { verb, json: values.json };
    if (verb === 'release' && id && more.length === 0 && !values.json) return { verb, id };
    complain(USAGE);
  } catch (error) {
    complain(`${messageOf(error)}\n${USAGE}`);
  }
  return undefined;
}
