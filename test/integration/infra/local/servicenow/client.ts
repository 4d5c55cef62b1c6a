import { z } from 'zod';
import type { ServiceNow } from '../../../../../infra/local/servicenow/start-servicenow.ts';

const recordSchema = z.record(z.string(), z.unknown());
const listSchema = z.object({ result: z.array(recordSchema) });
const oneSchema = z.object({ result: recordSchema });

export interface CallOptions {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export type Client = ReturnType<typeof makeClient>;

/** A client of anyone's make: plain `fetch` with Basic, paths from the instance's root on. */
export function makeClient({ url, login, password }: Pick<ServiceNow, 'url' | 'login' | 'password'>) {
  const call = (path: string, { method, body, headers }: CallOptions = {}) =>
    fetch(`${url}${path}`, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        authorization: basic(login, password),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  const one = async (path: string, options?: CallOptions) => readRecord(await call(path, options));
  return {
    call,
    /** The record of an answer. */
    one,
    /** The records of an answer, with parameters as they are, before any encoding. */
    async list(table: string, parameters: Record<string, string> = {}) {
      return readRecords(await call(`/api/now/table/${table}?${new URLSearchParams(parameters)}`));
    },
    create: (table: string, body: object) => one(`/api/now/table/${table}`, { body }),
  };
}

export async function readRecord(response: Response): Promise<Record<string, unknown>> {
  return oneSchema.parse(await response.json()).result;
}

export async function readRecords(response: Response): Promise<Record<string, unknown>[]> {
  return listSchema.parse(await response.json()).result;
}

export function basic(login: string, password: string): string {
  return `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}`;
}
