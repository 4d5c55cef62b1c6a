import { z } from 'zod';
import type { RpcData } from './core-types.ts';
import { netDateText } from './net-date-text.ts';

/** What storage says about a message beside its text. A manual run has none but a count of 0. */
export interface MessageProperties {
  readonly dequeueCount: number;
  readonly messageId?: string;
  readonly popReceipt?: string;
  readonly insertedOn?: Date;
  readonly expiresOn?: Date;
  readonly nextVisibleOn?: Date;
}

/**
 * Makes the metadata of a queue trigger as the host hands it to the worker; the app's library parses texts that are
 * JSON and lower-cases first letters.
 * Members of a JSON object in the message are added, all but arrays and null: objects as they are, the rest as text.
 * They replace whatever has the same name in any case of letters, so that a message can pretend to another `id` or
 * `dequeueCount`. (Texts that look like dates are rewritten by the platform's JSON reader on the way; not here.)
 * Sources: QueueTriggerBinding.cs, WorkerFunctionInvoker.cs (ApplyBindingData), GrpcMessageConversionExtensions.cs.
 */
export function triggerMetadata(text: string, message: MessageProperties): Record<string, RpcData> {
  const { dequeueCount, messageId, popReceipt, insertedOn, expiresOn, nextVisibleOn } = message;
  const date = (value: Date | undefined) => value && { json: JSON.stringify(netDateText(value)) };
  const own: Record<string, RpcData | undefined> = {
    QueueTrigger: { string: text },
    DequeueCount: { json: String(dequeueCount) },
    ExpirationTime: date(expiresOn),
    Id: messageId === undefined ? undefined : { string: messageId },
    InsertionTime: date(insertedOn),
    NextVisibleTime: date(nextVisibleOn),
    PopReceipt: popReceipt === undefined ? undefined : { string: popReceipt },
  };
  const members = new Map<string, { name: string; value: RpcData }>();
  for (const [name, value] of [...Object.entries(own), ...bodyMembers(text)]) {
    const key = name.toLowerCase();
    if (value) members.set(key, { name: members.get(key)?.name ?? name, value });
  }
  return Object.fromEntries([...members.values()].map(({ name, value }) => [name, value]));
}

const objectSchema = z.record(z.string(), z.unknown());

function bodyMembers(text: string): [string, RpcData][] {
  return Object.entries(parseObject(text)).flatMap(([name, value]): [string, RpcData][] => {
    if (value === null || Array.isArray(value)) return [];
    if (typeof value === 'object') return [[name, { json: JSON.stringify(value) }]];
    return [[name, { string: typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value) }]];
  });
}

function parseObject(text: string): Record<string, unknown> {
  try {
    return objectSchema.safeParse(JSON.parse(text)).data ?? {};
  } catch {
    return {};
  }
}
