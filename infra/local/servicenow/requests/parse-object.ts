import { Refusal } from '../refusal.ts';

/**
 * The object of a JSON body; of several only the first counts, and nothing is an empty one.
 * @throws Refusal 400 for all that is no object.
 */
export function parseObject(body: string): object {
  if (body.trim() === '') return {};
  try {
    const content: unknown = JSON.parse(body);
    const first: unknown = Array.isArray(content) ? content[0] : content;
    if (typeof first === 'object' && first !== null) return first;
  } catch {
    // Falls through to the one refusal for all that is no record.
  }
  throw new Refusal(400, 'Exception while reading request', 'The payload is not valid JSON.');
}
