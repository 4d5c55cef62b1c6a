import { redact } from './redact.ts';

/** The query parameters as the log keeps them: without the values of those that carry a secret. */
export function logQuery(query: URLSearchParams): Record<string, string> {
  const content = redact(Object.fromEntries(query));
  return Object.fromEntries(Object.entries(content ?? {}).map(([name, value]) => [name, String(value)]));
}
