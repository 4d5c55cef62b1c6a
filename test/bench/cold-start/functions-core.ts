import Module from 'node:module';

type Callback = (...parameters: unknown[]) => unknown;

/** What was registered in this process, by name of the function. */
export const callbacks = new Map<string, Callback>();

const core = {
  hostVersion: '4.1037.0',
  workerVersion: '3.9.1',
  registerFunction({ name }: { name: string }, callback: Callback) {
    callbacks.set(name, callback);
    return { dispose() {} };
  },
  registerHook: () => ({ dispose() {} }),
  setProgrammingModel() {},
  getProgrammingModel() {},
  log() {},
};

// As the platform's worker provides it; without it, the library looks for it in vain. Source: setupCoreModule.ts.
const { require } = Module.prototype;
Module.prototype.require = function requireWithCore(name: string) {
  return name === '@azure/functions-core' ? core : require.call(this, name);
};
