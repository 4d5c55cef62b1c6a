/*
 * A fresh instance of the app and its first order: loads the built bundle, as the platform's worker does, and gives
 * `createTicket` one message. `node --eval <this file> <URL of the bundle> <message> <message id>`; without a message
 * nothing but the bundle is loaded. It writes how long the import took, in ms.
 */
import Module from 'node:module';

const [, bundle = '', message, id = ''] = process.argv;
const callbacks = new Map<string, (...parameters: unknown[]) => unknown>();
const core = {
  hostVersion: '4.1037.0',
  workerVersion: '3.9.1',
  registerFunction({ name }: { name: string }, callback: (...parameters: unknown[]) => unknown) {
    callbacks.set(name, callback);
    return { dispose() {} };
  },
  registerHook: () => ({ dispose() {} }),
  setProgrammingModel() {},
  getProgrammingModel() {},
  log() {},
};
// The platform's worker lets the app find it in this way. Source: setupCoreModule.ts of the Node.js worker.
const { require } = Module.prototype;
Module.prototype.require = function requireWithCore(name: string) {
  return name === '@azure/functions-core' ? core : require.call(this, name);
};

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
