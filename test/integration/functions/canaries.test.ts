import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Environment } from '../../../infra/local/environment.ts';
import { anOrder } from '../../orders.ts';
import { startScenario } from '../../scenario.ts';

const ORDER_CANARIES = ['S3cr3t!canary-4711', 'S3cr3t!canary-4712'];

/** Everything that came out of the app: rows, blobs, queue messages, tickets. Orders themselves are given apart. */
async function everythingWritten({ table, container, queue, servicenow }: Environment) {
  const written: string[] = [];
  const orders: string[] = [];
  for await (const entity of table('tickets').listEntities()) {
    const { PoisonPending, ...columns } = entity;
    written.push(JSON.stringify(columns));
    if (PoisonPending instanceof Uint8Array) orders.push(Buffer.from(PoisonPending).toString());
  }
  for (const name of ['connector-state', 'provisioning-orders']) {
    for await (const { name: path } of container(name).listBlobsFlat()) {
      const text = (await container(name).getBlobClient(path).downloadToBuffer()).toString();
      (name === 'connector-state' ? written : orders).push(text);
    }
  }
  for (const name of ['provisioning-orders-poison', 'provisioning-orders']) {
    const { peekedMessageItems } = await queue(name).peekMessages({ numberOfMessages: 32 });
    for (const { messageText } of peekedMessageItems) {
      const { Order, ...envelope } = JSON.parse(Buffer.from(messageText, 'base64').toString());
      written.push(JSON.stringify(envelope));
      orders.push(JSON.stringify(Order));
    }
  }
  // Close notes are what people wrote, not what the app did.
  written.push(...servicenow.records('incident').map(({ close_notes: _, ...incident }) => JSON.stringify(incident)));
  return { written, orders };
}

test.concurrent.each(['basic', 'password', 'client_credentials'] as const)(
  'no secret is in any log, result, row, blob, ticket or envelope (%s)',
  async (grant) => {
    await using scenario = await startScenario(grant === 'basic' ? {} : { oauth: grant });
    const { environment, results } = scenario;
    const { servicenow, vault } = environment;
    const withPassword: unknown = JSON.parse(
      await readFile(new URL('../../../infra/local/orders/with-a-password.json', import.meta.url), 'utf8'),
    );
    const host = await scenario.startHost({ SETTINGS_MAX_AGE_SECONDS: '0.001' });
    await environment.sendOrder(withPassword);
    // An order that is refused, with secrets in it: they stay in the order and are nowhere else.
    await environment.sendOrder(
      anOrder({ AssignedResourceTypeId: '2', ChangeType: 'None', Changes: { password: ORDER_CANARIES[0] } }),
    );
    await environment.sendOrder(
      anOrder({ AssignedResourceTypeId: '3', Changes: { comment: `the password is ${ORDER_CANARIES[0]}` } }),
    );
    await scenario.until(() => results.length === 3);
    const ticket = servicenow.records('incident').find(({ correlation_id }) => correlation_id?.startsWith('3.'));
    servicenow.update('incident', ticket?.sys_id ?? '', {
      state: '7',
      close_code: 'Solution provided',
      close_notes: `password: ${ORDER_CANARIES[1]}`,
    });
    await scenario.poll(host);

    // Failures of every kind, for error messages like to repeat what they failed with.
    servicenow.addFault({ match: { table: 'incident' }, times: 1, action: { cut: true } });
    servicenow.addFault({
      match: { table: 'incident' },
      times: 1,
      action: { status: 500, body: { error: { message: 'x', detail: 'y' }, status: 'failure' } },
    });
    await host.runNow('pollTickets');
    await host.runNow('pollTickets');
    vault.respondWith(403);
    await environment.sendOrder(anOrder({ AssignedResourceTypeId: '4' }));
    await scenario.until(() => /order\.held/.test(scenario.logs()));
    vault.respondWith(undefined);
    await host.stop();
    vault.set('Connections--ServiceNowFulfillManual--Password', 'canary-wrong-password');
    if (grant !== 'basic') vault.set('Connections--ServiceNowFulfillManual--ClientSecret', 'canary-wrong-secret');
    // A new process has no token yet and has to sign in.
    await scenario.startHost();
    await scenario.until(() => /login\.refused/.test(scenario.logs()), 35_000);

    const { written, orders } = await everythingWritten(environment);
    const searched = [scenario.logs(), JSON.stringify(results), ...written].join('\n');
    const secrets = [
      servicenow.password,
      servicenow.clientSecret,
      'canary-wrong-password',
      'canary-wrong-secret',
      environment.settings.IDENTITY_HEADER ?? '',
      ...ORDER_CANARIES,
    ];
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(8);
      expect(searched).not.toContain(secret);
      expect(searched).not.toContain(Buffer.from(secret).toString('base64').replace(/=+$/, ''));
    }
    expect(searched).not.toMatch(/Bearer [\w.-]{8}|Basic [\w+/]{8}/);
    // The search would find them: the refused order, which poison keeps as it came, has them.
    expect(orders.join('\n')).toContain(ORDER_CANARIES[0]);
  },
);
