import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { z } from 'zod';
import type { Environment } from '../../../../infra/local/environment.ts';

/** What a command wrote and how it ended. */
export interface ToolRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const reportSchema = z.strictObject({
  ok: z.boolean(),
  identity: z.string(),
  checks: z.array(
    z.strictObject({
      name: z.string().min(1),
      connection: z.string().optional(),
      status: z.enum(['ok', 'warning', 'failed', 'notProven', 'skipped']),
      message: z.string().min(1),
      remedy: z.string().min(1).optional(),
    }),
  ),
});

/** What `--json` prints. */
export type Report = z.infer<typeof reportSchema>;

/** Waits are as long as a busy machine needs, and no longer. */
const SHORT_WAITS = { REQUEST_TIMEOUT_SECONDS: '8', PERMIT_WAIT_SECONDS: '5', PERMIT_LINGER_SECONDS: '0.1' };

/** Runs a command as a process of its own, in a directory without a local environment. */
export function runTool(
  tool: 'doctor' | 'connections' | 'preview' | 'poison' | 'orders' | 'tickets',
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  directory = tmpdir(),
): Promise<ToolRun> {
  const path = fileURLToPath(new URL(`../../../../infra/tools/${tool}.ts`, import.meta.url));
  return new Promise((resolve) => {
    const options = { cwd: directory, env: { ...process.env, ...environment } };
    execFile(process.execPath, [path, ...args], options, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ exitCode, stdout, stderr });
    });
  });
}

/** The environment variables of a command that looks at `environment`, as the function app has them. */
export function settingsOf(
  { settings, caFile }: Environment,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return { ...settings, ...SHORT_WAITS, NODE_EXTRA_CA_CERTS: caFile, ...more };
}

/** Runs the doctor with `--json`; whatever it finds, it prints one line, no secret, and uses no password twice in vain. */
export async function runDoctor(
  environment: Environment,
  args: readonly string[] = [],
  more: Readonly<Record<string, string>> = {},
): Promise<Report & { readonly exitCode: number }> {
  const { exitCode, stdout, stderr } = await runTool('doctor', ['--json', ...args], settingsOf(environment, more));
  expect(stderr.replace(/^Warning: Ignoring extra certs.*\n/gm, '')).toBe('');
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  expectNoSecrets(environment, stdout);
  expect(environment.servicenow.mostFailedLogins).toBeLessThanOrEqual(1);
  const report = reportSchema.parse(JSON.parse(stdout));
  expect(exitCode).toBe(report.ok ? 0 : 1);
  return { ...report, exitCode };
}

/** Nothing secret of the environment stands in the text. */
export function expectNoSecrets({ servicenow, identity }: Environment, text: string): void {
  for (const secret of [servicenow.password, servicenow.clientSecret, identity.header, 'eyJ', CANARY]) {
    expect(text).not.toContain(secret);
  }
}

/** A secret that must never come out. */
export const CANARY = 'canary-4711-parrot';

/** The checks that failed, each as `name: message → remedy`. */
export function failuresOf({ checks }: Report): string[] {
  return checks
    .filter(({ status }) => status === 'failed')
    .map(({ name, message, remedy }) => `${name}: ${message} → ${remedy}`);
}
