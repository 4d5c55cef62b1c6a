import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { makeClient, readRecords } from './client.ts';

const readySchema = z.strictObject({
  url: z.string(),
  server: z.string(),
  login: z.string(),
  password: z.string(),
  clientId: z.string(),
  clientSecret: z.string(),
  oauth2Url: z.string(),
  controlUrl: z.string(),
});

let child: ChildProcess | undefined;
afterEach(() => child?.kill('SIGKILL'));

const start = (...args: string[]) => {
  const main = join(import.meta.dirname, '../../../../../infra/local/servicenow/main.ts');
  const started = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  child = started;
  return started;
};

describe('the simulator on the command line', () => {
  it('prints one line of JSON when ready, and ends on SIGTERM', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'simulator-'));
    const faults = join(directory, 'faults.json');
    await writeFile(faults, JSON.stringify([{ match: { table: 'task' }, action: { status: 502 } }]));
    const simulator = start('--port', '0', '--users', '3', '--latency-ms', '20', '--seed', '5', '--faults', faults);
    const exit = once(simulator, 'exit');
    const [chunk] = await once(simulator.stdout, 'data');
    const line = String(chunk);
    expect(line.indexOf('\n')).toBe(line.length - 1);
    const ready = readySchema.parse(JSON.parse(line));
    expect(ready.server).toBe(`${ready.url}/api/now/table`);
    const { call } = makeClient(ready);
    const users = await readRecords(await call('/api/now/table/sys_user?sysparm_query=user_nameSTARTSWITHuser.'));
    expect(users).toHaveLength(3);
    expect((await call('/api/now/table/task')).status).toBe(502);
    const requests: unknown = await (await fetch(`${ready.controlUrl}/requests`)).json();
    expect(requests).toHaveLength(2);
    simulator.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
    await rm(directory, { recursive: true });
  });

  it.each([
    ['--port', 'x'],
    ['--unknown', '1'],
    ['--faults', '/nowhere.json'],
  ])('says how it is used when it does not understand %s %s', async (...args) => {
    const simulator = start(...args);
    const [[code], errors] = await Promise.all([once(simulator, 'exit'), text(simulator.stderr)]);
    expect(code).toBe(1);
    expect(errors).toContain('Usage: simulator');
  });
});
