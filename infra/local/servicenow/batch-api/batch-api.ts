import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { Refusal } from '../refusal.ts';
import { methodNotSupported } from '../refusals.ts';
import { type Answer, json } from '../requests/answer.ts';
import type { ApiRequest } from '../requests/api-request.ts';
import { parseObject } from '../requests/parse-object.ts';

const header = z.object({ name: z.string(), value: z.string() });
const batchSchema = z.object({
  batch_request_id: z.union([z.string(), z.number()]).transform(String),
  rest_requests: z.array(
    z.object({
      id: z.union([z.string(), z.number()]).transform(String),
      method: z.string(),
      url: z.string().startsWith('/'),
      headers: z.array(header).default([]),
      body: z.base64().default(''),
    }),
  ),
});

/**
 * Answers the Batch API: requests to the other APIs in one, carried out one after another by whoever is logged in. None is a batch itself.
 * @throws Refusal for what is no batch.
 * Source: "Batch API" of the product documentation.
 */
export function answerBatch(request: ApiRequest, answer: (request: ApiRequest) => Answer): Answer {
  if (request.method !== 'POST') throw methodNotSupported(request.method);
  const parsed = batchSchema.safeParse(parseObject(request.body));
  if (!parsed.success) throw new Refusal(400, 'Exception while reading request', 'The payload is no batch request.');
  const answers = parsed.data.rest_requests.map((item) => {
    const { pathname, searchParams } = new URL(item.url, 'http://instance');
    const bytes = Buffer.from(item.body, 'base64');
    const headers = Object.fromEntries(item.headers.map(({ name, value }) => [name.toLowerCase(), value]));
    const { method } = item;
    return {
      id: item.id,
      answer: answer({ method, path: pathname, query: searchParams, headers, bytes, body: bytes.toString() }),
    };
  });
  const serviced = answers.map(({ id, answer: { status, headers, body } }) => ({
    id,
    body: Buffer.from(body).toString('base64'),
    status_code: status,
    status_text: STATUS_CODES[status] ?? '',
    headers: Object.entries(headers).map(([name, value]) => ({ name, value })),
    execution_time: 1,
  }));
  const isCommitted = answers.some((one) => one.answer.committed);
  return {
    ...json(200, {
      batch_request_id: parsed.data.batch_request_id,
      serviced_requests: serviced,
      unserviced_requests: [],
    }),
    ...(isCommitted && { committed: true as const }),
  };
}
