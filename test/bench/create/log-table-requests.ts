/*
 * Preloaded into the host's process: one line on standard error for every request about table `tickets` that it sends to
 * table storage. What is shared in table `limits` costs by time, not by ticket, and is left out.
 */
import { subscribe } from 'node:diagnostics_channel';
import { ClientRequest } from 'node:http';
import { TABLE_REQUEST } from './table-request.ts';

const { host } = new URL(process.env.ConnectorStorage__tableServiceUri ?? '');
subscribe('http.client.request.created', (message) => {
  if (typeof message !== 'object' || message === null || !('request' in message)) return;
  const { request } = message;
  if (!(request instanceof ClientRequest) || request.getHeader('host') !== host) return;
  const logIf = (isAboutTickets: boolean) => isAboutTickets && process.stderr.write(`${TABLE_REQUEST}\n`);
  if (!request.path.includes('$batch')) {
    logIf(request.path.includes('/tickets'));
    return;
  }
  // A transaction names its table in its body alone.
  request.end = new Proxy(request.end, {
    apply(end, target, [body, ...rest]) {
      logIf(String(body).includes('/tickets'));
      return Reflect.apply(end, target, [body, ...rest]);
    },
  });
});
