/*
 * A fresh instance of the app and its first order: loads the built bundle and gives `createTicket` one message.
 * `node --eval <this file> <URL of the bundle> <message> <message id>`; without a message nothing but the bundle is
 * loaded. It writes how long the import took, in ms.
 */
import { callbacks } from './functions-core.ts';

const [, bundle = '', message, id = ''] = process.argv;

const started = performance.now();
await import(bundle);
process.stdout.write(String(performance.now() - started));

if (message !== undefined) {
  const { InvocationContext } = await import('@azure/functions');
  const context = new InvocationContext({
    functionName: 'createTicket',
    invocationId: id,
    triggerMetadata: { id, insertionTime: new Date().toISOString() },
    logHandler: (_level, text) => process.stderr.write(`${text}\n`),
  });
  await callbacks.get('createTicket')?.(JSON.parse(message), context);
}
