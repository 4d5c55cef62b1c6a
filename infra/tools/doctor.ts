import { parseArgs } from 'node:util';
import type { CheckResult } from '../../shared/doctor/check-result.ts';
import { type DoctorOptions, runDoctor } from '../../shared/doctor/run-doctor.ts';
import { messageOf } from '../../shared/errors.ts';
import { formatResult, formatSummary, headingOf } from './doctor-report.ts';
import { endCommand } from './end-command.ts';
import { openTools } from './open-tools.ts';

/*
 * `npm run doctor`: checks everything the connector needs and says in plain words what is wrong. It exits with 0 where no
 * check failed, 1 where one did, 2 where it could not run.
 */
const USAGE = `Usage: npm run doctor [-- --connection <id>] [--json] [--write-test --group <name>]
  --connection <id>             check this connection only
  --json                        print one JSON line: {ok, identity, checks}
  --write-test --group <name>   make a ticket in this group of ServiceNow and cancel it again`;

const print = (text: string) => void process.stdout.write(`${text}\n`);

const parsed = readArguments();
await (parsed ? main(parsed) : endCommand(2));

async function main({ options, json }: { options: DoctorOptions; json: boolean }): Promise<void> {
  const opened = await openTools();
  if (!opened.ok) {
    const { message, remedy } = opened;
    const check: CheckResult = { name: 'app settings', status: 'failed', message, remedy };
    if (json) print(JSON.stringify({ ok: false, identity: 'unknown', checks: [check] }));
    process.stderr.write(`${message}\n${remedy}\n`);
    return endCommand(2);
  }
  const checks: CheckResult[] = [];
  let heading = '';
  for await (const check of runDoctor(opened.tools, options)) {
    checks.push(check);
    if (json) continue;
    if (headingOf(check) !== heading) print(headingOf(check));
    heading = headingOf(check);
    print(formatResult(check));
  }
  const identity = await opened.tools.identity();
  const ok = checks.every(({ status }) => status !== 'failed');
  print(json ? JSON.stringify({ ok, identity, checks }) : formatSummary(checks, identity));
  await endCommand(ok ? 0 : 1, { usedPermits: checks.some(({ name }) => name === 'login') });
}

/** The arguments, or nothing once the usage was printed. */
function readArguments(): { options: DoctorOptions; json: boolean } | undefined {
  try {
    const { values } = parseArgs({
      options: {
        connection: { type: 'string' },
        json: { type: 'boolean', default: false },
        'write-test': { type: 'boolean', default: false },
        group: { type: 'string' },
      },
    });
    const { connection, group, json } = values;
    if (connection === '') throw new Error('Expected the identifier of a connection after --connection, got nothing');
    if (values['write-test'] !== (group !== undefined) || group === '') {
      throw new Error('Expected --write-test and --group <name> together, got one of them alone');
    }
    return {
      json,
      options: {
        ...(connection !== undefined && { connection }),
        ...(group !== undefined && { writeTest: { group } }),
      },
    };
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n${USAGE}\n`);
    return undefined;
  }
}
