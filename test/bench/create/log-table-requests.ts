/*
 * Preloaded into the host's process: one line on standard error for every request that it sends to table storage.
 */
import { subscribe } from 'node:diagnostics_channel';
import { ClientRequest } from 'node:http';
import { TABLE_REQUEST } from './table-request.ts';

const { host } = new URL(process.env.ConnectorStorage__tableServiceUri ?? '');
subscribe('http.client.request.start', (message) => {
  if (typeof message !== 'object' || message === null || !('request' in message)) return;
  const { request } = message;
  if (request instanceof ClientRequest && request.getHeader('host') === host)
    process.stderr.write(`${TABLE_REQUEST}\n`);
});
