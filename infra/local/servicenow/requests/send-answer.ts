import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Answer } from './answer.ts';

/**
 * Sends an answer with the headers that an instance puts on all of them: its clock, no caching, and the cookies of a new
 * session, which a client without a cookie jar starts with every call.
 * Source: the response samples of "GlideHTTPResponse" and "RESTResponseV2" in the product documentation.
 */
export function sendAnswer(answer: Answer, outgoing: ServerResponse, at: Date): void {
  outgoing.writeHead(answer.status, {
    Date: at.toUTCString(),
    Server: 'ServiceNow',
    'X-Is-Logged-In': String(answer.user !== undefined),
    'X-Transaction-ID': randomBytes(6).toString('hex'),
    'X-Content-Type-Options': 'nosniff',
    Pragma: 'no-store,no-cache',
    'Cache-Control': 'no-cache,no-store,must-revalidate,max-age=-1',
    Expires: '0',
    'Set-Cookie': [
      `JSESSIONID=${randomBytes(16).toString('hex').toUpperCase()}; Path=/; HttpOnly; SameSite=None`,
      `glide_user_route=glide.${randomBytes(16).toString('hex')}; Max-Age=2147483647; Path=/; HttpOnly; SameSite=None`,
      `glide_session_store=${randomBytes(16).toString('hex').toUpperCase()}; Max-Age=60; Path=/; HttpOnly; SameSite=None`,
      'BIGipServerpool_instance=1057053962.46396.0000; path=/; Httponly',
    ],
    ...(answer.status !== 204 && { 'Content-Length': Buffer.byteLength(answer.body) }),
    ...answer.headers,
  });
  outgoing.end(answer.body);
}
