import { z } from 'zod';
import { RESETS_POISON_QUEUE } from '../../../shared/storage/storage-names.ts';
import { PASSWORDS } from '../../../shared/tickets/ledger.ts';
import type { Evidence, TicketEvidence } from '../judge/evidence.ts';
import type { Places } from './start-places.ts';

const poisoned = z.looseObject({ Reason: z.string().optional(), OrdersBlob: z.string().optional() });
const ORDERS = 'provisioning-orders';
const POISON = 'provisioning-orders-poison';
const REQUEST = 'sc_request';
const REQUESTED_ITEM = 'sc_req_item';

/** Longer than the reading takes: every message is seen once. */
const HIDDEN_FOR_IN_SECONDS = 600;

/** Reads what a run left behind, once its hosts have ended. Orders themselves are not searched for secrets: they have them. */
export async function collectEvidence(
  places: Places,
  { results, passwordResults }: Pick<Evidence, 'results' | 'passwordResults'>,
  logs: readonly string[],
  deleted: readonly TicketEvidence[],
): Promise<Evidence> {
  const { environment, instances } = places;
  const searched: { place: string; text: string }[] = [
    { place: 'the log', text: logs.join('\n') },
    ...[...results, ...passwordResults].map((result) => ({
      place: `result ${result.ResultId}`,
      text: JSON.stringify(result),
    })),
  ];
  const stored = Object.entries(instances).flatMap(([connection, instance]) =>
    instance
      .records('task')
      .filter(({ correlation_id: key, sys_class_name: table }) => key || table === REQUEST || table === REQUESTED_ITEM)
      .map((record) => ({ connection, record })),
  );
  const tickets = [...stored, ...deleted];
  for (const { record } of tickets) {
    // Close notes are what people wrote.
    const { close_notes: _, ...written } = record;
    searched.push({ place: `ticket ${record.number}`, text: JSON.stringify(written) });
  }
  for (const instance of Object.values(instances)) {
    for (const { sys_id: sysId = '', file_name: name } of instance.records('sys_attachment'))
      searched.push({ place: `attachment ${name}`, text: instance.attachmentContent(sysId)?.toString() ?? '' });
  }
  for (const table of ['tickets', 'limits']) {
    for await (const { PoisonPending, ...columns } of environment.table(table).listEntities()) {
      // Of a reset nothing at all may hold a password.
      const isReset = columns.partitionKey === PASSWORDS;
      const kept = isReset ? [PoisonPending, columns.Envelope].map(textOf) : [];
      const text = [JSON.stringify(columns), ...kept].join('\n');
      searched.push({ place: `table ${table}, row ${columns.rowKey}`, text });
    }
  }
  for await (const { name } of environment.container('connector-state').listBlobsFlat())
    searched.push({ place: `blob ${name}`, text: await blobText('connector-state', name) });

  const poison: { text: string; reason: string | undefined }[] = [];
  for (const queue of [POISON, ORDERS]) {
    for (const text of await takeAll(queue)) {
      const message = readJson(text);
      const { Order: _, ...envelope } = poisoned.safeParse(message).data ?? {};
      searched.push({ place: `an envelope in ${queue}`, text: JSON.stringify(envelope) });
      if (queue !== POISON) continue;
      const { Reason: reason, OrdersBlob: path } = envelope;
      const content = path === undefined ? '' : await blobText(ORDERS, path).catch(() => '');
      poison.push({ text: `${text}\n${content}`, reason });
    }
  }
  const poisonedResets: { text: string }[] = [];
  for (const text of await takeAll(RESETS_POISON_QUEUE)) {
    poisonedResets.push({ text });
    searched.push({ place: `a message in ${RESETS_POISON_QUEUE}`, text });
  }
  const users = Object.entries(instances).flatMap(([connection, instance]) =>
    instance.records('sys_user').map((record) => ({ connection, record })),
  );
  const { passwordVault } = environment;
  const passwords = new Map(passwordVault.names().map((name) => [name, passwordVault.find(name)?.value ?? '']));
  const secrets = [...places.secrets, ...passwords.values()];
  const failedLogins = Math.max(...Object.values(instances).map(({ mostFailedLogins }) => mostFailedLogins));
  return {
    ...{ tickets, results, poison, passwordResults, poisonedResets, users, passwords },
    ...{ searched, secrets, failedLogins },
  };

  async function blobText(container: string, path: string): Promise<string> {
    return (await environment.container(container).getBlobClient(path).downloadToBuffer()).toString();
  }

  async function takeAll(name: string): Promise<string[]> {
    const texts: string[] = [];
    for (;;) {
      const { receivedMessageItems } = await environment
        .queue(name)
        .receiveMessages({ numberOfMessages: 32, visibilityTimeout: HIDDEN_FOR_IN_SECONDS });
      if (receivedMessageItems.length === 0) return texts;
      texts.push(...receivedMessageItems.map(({ messageText }) => Buffer.from(messageText, 'base64').toString()));
    }
  }
}

function textOf(column: unknown): string {
  return column instanceof Uint8Array ? Buffer.from(column).toString() : '';
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
