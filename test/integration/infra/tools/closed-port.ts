import { createServer } from 'node:http';
import { listen } from '../../../../infra/local/listen.ts';

/** A port of 127.0.0.1 that nobody listens on. */
export async function closedPort(): Promise<number> {
  const { port, close } = await listen(createServer());
  await close();
  return port;
}
