import { makeAppRegistry } from './app-registry.ts';
import type { FunctionCallback, FunctionMetadata, HookCallback, ProgrammingModel } from './core-types.ts';

/**
 * The registry of the one app that this process loads. It hangs on this module because the app reaches the host by
 * importing it: its library sees it under the name `@azure/functions-core`.
 */
export const registry = makeAppRegistry();

/**
 * The version of the Functions host that this one is modelled on.
 * @public
 */
export const hostVersion = '4.1037.0';

/**
 * The version of the Node.js worker that this host is modelled on.
 * @public
 */
export const workerVersion = '3.9.1';

/**
 * Called by `app.storageQueue`, `app.timer` and the like.
 * @public
 */
export function registerFunction(metadata: FunctionMetadata, callback: FunctionCallback): Disposable {
  return registry.registerFunction(metadata, callback);
}

/**
 * Called by `app.hook.*`.
 * @public
 */
export function registerHook(name: string, callback: HookCallback): Disposable {
  return registry.registerHook(name, callback);
}

/**
 * Called once, before the first function is registered.
 * @public
 */
export function setProgrammingModel(model: ProgrammingModel): void {
  registry.model = model;
}

/**
 * Gives what `setProgrammingModel` received.
 * @public
 */
export function getProgrammingModel(): ProgrammingModel | undefined {
  return registry.model;
}

/**
 * Called for what the library itself has to say.
 * @public
 */
export function log(level: string, _category: string, message: string): void {
  registry.log(level, message);
}
