import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, makeApp } from './functions-host/make-app.ts';

const command = (name: string) => fileURLToPath(new URL(`../../../../infra/local/${name}.ts`, import.meta.url));

const loggingApp = `
  const note = async (order, context) => context.log(JSON.stringify({ event: 'order.seen', id: order.id, text: order.text }));
  app.storageQueue('createTicket', { queueName: 'provisioning-orders', connection: 'ConnectorStorage', handler: note });
  app.timer('pollTickets', { schedule: '0 0 0 1 1 *', handler: async (_, context) => context.log('polled') });`;

let app: App;
let running: Command;
let environment: { pid: number; adminUrl: string; identity: { endpoint: string }; servicenow: { url: string } };

beforeAll(async () => {
  app = await makeApp(loggingApp);
  running = start();
  await running.line(/Stop everything/);
  environment = JSON.parse(await readFile(join(app.directory, '.local/environment.json'), 'utf8'));
});
afterAll(async () => {
  if (running.child.exitCode === null) pressCtrlC();
  await running.ended;
  await app[Symbol.asyncDispose]();
});

describe('npm start', () => {
  it('tells where everything is, and that nobody else may read what the commands need', async () => {
    expect(running.lines.join('\n')).toContain(environment.servicenow.url);
    expect(running.lines.join('\n')).toContain('createTicket, pollTickets');
    expect((await stat(join(app.directory, '.local/environment.json'))).mode & 0o077).toBe(0);
  });

  it('shows what the app does with an order that npm run send hands to it', async () => {
    const { stdout } = await send({ id: 1, text: 'Élise' }, '\uFEFF');
    expect(stdout).toMatch(
      /^Sent .*order\.json to queue provisioning-orders as message [0-9a-f-]{36}; `npm start` shows .*\.\n$/,
    );
    await running.line(/createTicket +order\.seen id=1 text=Élise$/);
  });

  it('takes a large order by blob', async () => {
    const { stdout } = await send({ id: 2, text: 'x'.repeat(50_000) });
    expect(stdout).toMatch(/as blob [0-9a-f-]{36}\.json, named by message/);
  });

  it('polls when it is told to', async () => {
    const polled = running.line(/pollTickets +polled$/);
    await fetch(`${environment.adminUrl}/admin/functions/pollTickets`, { method: 'POST', body: '{"input":""}' });
    await polled;
  });

  it('refuses to run twice in one place', async () => {
    const second = start();
    expect(await second.ended).toBe(1);
    expect(second.lines).toEqual([
      `Expected no environment here, but process ${environment.pid} runs one; end that first.`,
    ]);
  });

  it('leaves nothing running after Ctrl-C, nor a file that says so', async () => {
    pressCtrlC();
    pressCtrlC();
    expect(await running.ended).toBe(0);
    expect(existsSync(join(app.directory, '.local/environment.json'))).toBe(false);
    await expect(fetch(environment.identity.endpoint)).rejects.toThrow('fetch failed');
    await expect(fetch(environment.adminUrl)).rejects.toThrow('fetch failed');
  });
});

describe('npm run send', () => {
  it('says that nothing runs, also where a killed environment left its file behind', async () => {
    await expect(send({})).rejects.toThrow('run `npm start` first');
    await writeFile(join(app.directory, '.local/environment.json'), JSON.stringify(environment));
    await expect(send({})).rejects.toThrow('run `npm start` first');
  });

  it.each([
    { what: 'no JSON', content: Buffer.from('{"ProvisioningOrdersList":[') },
    { what: 'not in UTF-8', content: Buffer.from('"\xe9"', 'latin1') },
    { what: 'empty', content: Buffer.from('') },
  ])('refuses a file that is $what', async ({ content }) => {
    await writeFile(join(app.directory, 'order.json'), content);
    await expect(runSend('order.json')).rejects.toThrow(/Expected order\.json to be JSON in UTF-8, got something else/);
  });

  it('says which file it does not find, and how it is used', async () => {
    await expect(runSend('missing.json')).rejects.toThrow(
      /Expected missing\.json to be a file of provisioning orders, got ENOENT/,
    );
    await expect(runSend()).rejects.toThrow('Usage: npm run send -- <file of provisioning orders>');
  });
});

interface Command {
  child: ChildProcess;
  lines: string[];
  ended: Promise<unknown>;
  line(pattern: RegExp): Promise<string>;
}

function start(): Command {
  const child = spawn(process.execPath, [command('start')], {
    cwd: app.directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const lines: string[] = [];
  const waiting = new Map<RegExp, (line: string) => void>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      lines.push(line);
      for (const [pattern, resolve] of waiting) if (pattern.test(line)) resolve(line);
    });
  }
  const ended = once(child, 'close').then(([code]) => code);
  const line = (pattern: RegExp) => {
    const found = Promise.withResolvers<string>();
    const known = lines.find((one) => pattern.test(one));
    if (known) found.resolve(known);
    waiting.set(pattern, found.resolve);
    ended.then(() => found.reject(new Error(`Expected ${pattern}, but it ended:\n${lines.join('\n')}`)));
    return found.promise;
  };
  return { child, lines, ended, line };
}

/** As a terminal does it: the signal goes to all processes of the group. */
function pressCtrlC(): void {
  process.kill(-(running.child.pid ?? Number.NaN), 'SIGINT');
}

const runSend = (...files: string[]) =>
  promisify(execFile)(process.execPath, [command('send'), ...files], { cwd: app.directory });

async function send(order: object, before = ''): Promise<{ stdout: string }> {
  await writeFile(join(app.directory, 'order.json'), before + JSON.stringify(order));
  return runSend('order.json');
}
