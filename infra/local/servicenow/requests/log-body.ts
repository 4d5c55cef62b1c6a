import type { ApiRequest } from './api-request.ts';
import { redact } from './redact.ts';

/** What the log keeps of a request's body: its content without secrets, or only the length of what can't be read. */
export function logBody({ body, headers }: Pick<ApiRequest, 'body' | 'headers'>): unknown {
  if (body === '') return undefined;
  if (headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
    return redact(Object.fromEntries(new URLSearchParams(body)));
  }
  try {
    const content: unknown = JSON.parse(body);
    return redact(content);
  } catch {
    return `(${body.length} characters that are not JSON)`;
  }
}
