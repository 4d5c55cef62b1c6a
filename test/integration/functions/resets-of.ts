import type { Environment } from '../../../infra/local/environment.ts';
import { hashPassword } from '../../../infra/local/servicenow/auth/hash-password.ts';
import type { Scenario } from '../../scenario.ts';

/** A reset for a person whom the simulator knows; `changes` go over it. */
export function aReset(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { Connection: 'ServiceNowFulfillManual', User: 'james.bond', Password: { Generate: true }, ...changes };
}

/** The record of a user. */
export function userOf({ environment }: Scenario, userName = 'james.bond'): Record<string, string> {
  return environment.servicenow.records('sys_user').find((row) => row.user_name === userName) ?? {};
}

/** Whether that is the user's password, and has to be changed. */
export function isSet(scenario: Scenario, password: string, userName?: string): boolean {
  const { user_password: stored, password_needs_reset: flag } = userOf(scenario, userName);
  return stored === hashPassword(password) && flag === 'true';
}

/** What was written to `sys_user`, by the size of it: names of fields show no values. */
export const writes = ({ environment }: Scenario) =>
  environment.servicenow.requests.filter(({ method, table }) => method === 'PATCH' && table === 'sys_user');

/** The results that came, each once: they are sent at least once. */
export const resultsOf = ({ passwordResults }: Scenario) => [
  ...new Map(passwordResults.map((result) => [result.ResultId, result])).values(),
];

/** Whether no reset waits or is being worked on. */
export async function noResetIsLeft({ environment }: Scenario): Promise<boolean> {
  return (await environment.queue('password-resets').getProperties()).approximateMessagesCount === 0;
}

/** Resolves when a reset is in its row as that; for what happens without a host's telling. */
export async function waitForReset({ environment }: Scenario, column: string): Promise<void> {
  for (;;) {
    for await (const entity of environment.table('tickets').listEntities()) {
      if (entity.rowKey?.endsWith('.reset') && entity[column] !== undefined) return;
    }
  }
}

/** The passwords of the vault, by the names of their secrets. */
export function passwordsOf({ passwordVault }: Environment): ReadonlyMap<string, string> {
  return new Map(passwordVault.names().map((name) => [name, passwordVault.find(name)?.value ?? '']));
}

/** All that lies in the storage account, as text: rows with their columns, blobs, messages. */
export async function storedText({ table, container, queue }: Environment): Promise<string> {
  const texts: string[] = [];
  for (const name of ['tickets', 'limits']) {
    for await (const entity of table(name).listEntities()) {
      for (const value of Object.values(entity))
        texts.push(value instanceof Uint8Array ? Buffer.from(value).toString() : String(value));
    }
  }
  for (const name of ['connector-state', 'provisioning-orders']) {
    for await (const { name: path } of container(name).listBlobsFlat())
      texts.push((await container(name).getBlobClient(path).downloadToBuffer()).toString());
  }
  for (const name of ['password-resets', 'password-resets-poison', 'password-results']) {
    const { peekedMessageItems } = await queue(name).peekMessages({ numberOfMessages: 32 });
    for (const { messageText } of peekedMessageItems) texts.push(Buffer.from(messageText, 'base64').toString());
  }
  return texts.join('\n');
}
