import type { IncomingMessage } from 'node:http';
import { type Answer, html } from './answer.ts';
import type { ApiRequest } from './api-request.ts';

/** The default of `glide.rest.max_content_length`. */
const largestBodyInBytes = 10 * 1024 * 1024;
/** Beyond it the servlet container answers for itself, in HTML (KB0826932). */
const longestUrl = 8192;

export interface ReceivedRequest {
  readonly request: ApiRequest;
  /** What the servlet container answers in place of the instance. */
  readonly obstacle?: Answer;
}

/**
 * Reads a request to its end.
 * @throws Error when the client leaves before.
 */
export async function receiveRequest(incoming: IncomingMessage): Promise<ReceivedRequest> {
  const url = URL.parse(incoming.url ?? '/', 'http://instance') ?? new URL('http://instance/');
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming) {
    length += chunk.length;
    if (length <= largestBodyInBytes) chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  const request = {
    method: effectiveMethod(incoming),
    path: url.pathname,
    query: url.searchParams,
    headers: incoming.headers,
    body: bytes.toString('utf8'),
    bytes,
  };
  if (length > largestBodyInBytes) return { request, obstacle: html(413, 'Payload Too Large', 'Payload Too Large') };
  if ((incoming.url ?? '').length > longestUrl) {
    return { request, obstacle: html(400, 'Bad Request', 'Request header is too large') };
  }
  return { request };
}

function effectiveMethod({ method = 'GET', headers }: IncomingMessage): string {
  const override = headers['x-http-method-override'];
  return typeof override === 'string' ? override.toUpperCase() : method;
}
