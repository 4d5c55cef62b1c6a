import { Refusal } from '../refusal.ts';
import type { ApiRequest } from './api-request.ts';

/**
 * A wrong `Accept` is 406, a wrong `Content-Type` 415; neither has to be there.
 * @throws Refusal for what the JSON APIs do not speak.
 */
export function checkMediaTypes({ headers, body }: Pick<ApiRequest, 'headers' | 'body'>): void {
  if (!/json|\*\/\*|application\/\*|^$/.test(headers.accept ?? '')) {
    throw new Refusal(406, 'Not acceptable', `Media type ${headers.accept} is not supported`);
  }
  if (body !== '' && !/json|^$/.test(headers['content-type'] ?? '')) {
    throw new Refusal(415, 'Unsupported media type', `Content type ${headers['content-type']} is not supported`);
  }
}
