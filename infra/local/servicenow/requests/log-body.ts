import type { ApiRequest } from './api-request.ts';
import type { ApiTarget } from './read-target.ts';
import { redact } from './redact.ts';

/** What the log keeps of a request's body: its content without secrets; of files and of what can't be read only the length. */
export function logBody({ body, bytes, headers }: ApiRequest, target: ApiTarget | undefined): unknown {
  if (body === '') return undefined;
  if (target?.api === 'attachment') return `(${bytes.length} bytes of ${headers['content-type'] ?? 'no type'})`;
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
