import { once } from 'node:events';
import type { Server } from 'node:http';

/**
 * Lets `server` listen on a free port of 127.0.0.1, and gives the port and how to end it.
 * `close` cuts the connections that clients keep alive: waiting for them would take as long as they please.
 */
export async function listen(server: Server, port = 0): Promise<{ port: number; close(): Promise<void> }> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error(`Expected a server on a TCP port, got ${JSON.stringify(address)}`);
  }
  return {
    port: address.port,
    close: async () => {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
