import type { HostEvent } from '../../../../../infra/local/functions-host/host-event.ts';

type Fits = (event: HostEvent) => boolean;

/** Fits the events of that kind of one function. */
export const isEvent =
  (kind: HostEvent['event'], functionName: string): Fits =>
  (event) =>
    event.event === kind && 'functionName' in event && event.functionName === functionName;

/** Fits the events of that kind that are about the messages of one queue. */
export const isAbout =
  (kind: HostEvent['event'], queue: string): Fits =>
  (event) =>
    event.event === kind && 'queue' in event && event.queue === queue;

/** Fits all that happened to one message, or only one kind of it. */
export const isOf =
  (messageId: string, kind?: HostEvent['event']): Fits =>
  (event) =>
    'messageId' in event && event.messageId === messageId && (kind === undefined || event.event === kind);
