import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** Makes an HTTP server of a function; where it fails the client is cut off, and standard error says why. */
export function makeListener(serve: (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>): Server {
  const server = createServer({ maxHeaderSize: 64 * 1024, keepAliveTimeout: 60_000 }, (incoming, outgoing) => {
    serve(incoming, outgoing).catch((error: unknown) => {
      // A client that leaves before its request is complete is no news.
      if (!incoming.destroyed || incoming.complete) {
        process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      }
      incoming.socket.destroy();
    });
  });
  return server;
}
