import { z } from 'zod';
import type { HostEvent } from './functions-host/host-event.ts';

const appEvent = z.looseObject({ event: z.string() });

/**
 * One line of a log as a person reads it: time, level, function, and the app's JSON events as `event name=value …`.
 * The time is UTC, as everywhere in the app.
 */
export function formatLog({ functionName, level, message }: Extract<HostEvent, { event: 'log' }>, at: Date): string {
  const time = at.toISOString().slice(11, 19);
  return `${time} ${level.padEnd(11)} ${(functionName ?? 'host').padEnd(13)} ${formatMessage(message)}`;
}

function formatMessage(message: string): string {
  const parsed = appEvent.safeParse(parseJson(message)).data;
  if (parsed === undefined) return message;
  const { event, ...fields } = parsed;
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${formatValue(value)}`);
  return [event, ...pairs].join(' ');
}

function formatValue(value: unknown): string {
  return typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
