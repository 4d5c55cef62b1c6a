import type { FunctionCallback, FunctionMetadata, HookCallback, ProgrammingModel } from './core-types.ts';

const HOOKS = new Set(['appStart', 'appTerminate', 'preInvocation', 'postInvocation', 'log']);

/** What one app has registered: its functions by name, its hooks, and the library's model of an invocation. */
export interface AppRegistry {
  readonly functions: ReadonlyMap<string, { metadata: FunctionMetadata; callback: FunctionCallback }>;
  model: ProgrammingModel | undefined;
  /** Receives what the library says outside of an invocation. */
  log: (level: string, message: string) => void;
  /** @throws where the app has started or the name is taken. */
  registerFunction(metadata: FunctionMetadata, callback: FunctionCallback): Disposable;
  /** @throws RangeError for a hook that this host does not know; the library asks by that whether log hooks exist. */
  registerHook(name: string, callback: HookCallback): Disposable;
  hooks(name: string): readonly HookCallback[];
  /** Runs the hooks of that name, one after another in the order of registration. */
  runHooks(name: string, context: Record<string, unknown>): Promise<void>;
  /** From here on no function can be registered. */
  close(): void;
}

/** Makes the empty registry of an app that is about to be loaded. */
export function makeAppRegistry(): AppRegistry {
  const functions = new Map<string, { metadata: FunctionMetadata; callback: FunctionCallback }>();
  const hooks = new Map<string, HookCallback[]>();
  let closed = false;
  const hooksOf = (name: string) => hooks.get(name) ?? [];
  return {
    functions,
    model: undefined,
    log: () => {},
    registerFunction(metadata, callback) {
      if (closed)
        throw new Error(`A function can only be registered during app startup, got "${metadata.name}" later.`);
      if (functions.has(metadata.name)) {
        throw new Error(`Expected function names to differ, got "${metadata.name}" twice; rename one.`);
      }
      functions.set(metadata.name, { metadata, callback });
      return disposable(() => functions.delete(metadata.name));
    },
    registerHook(name, callback) {
      if (!HOOKS.has(name)) throw Object.assign(new RangeError(`Unrecognized hook "${name}"`), SYSTEM_ERROR);
      hooks.set(name, [...hooksOf(name), callback]);
      return disposable(() => hooks.set(name, hooksOf(name).toSpliced(hooksOf(name).indexOf(callback), 1)));
    },
    hooks: hooksOf,
    async runHooks(name, context) {
      for (const hook of hooksOf(name)) await hook(context);
    },
    close() {
      closed = true;
    },
  };
}

const SYSTEM_ERROR = { isAzureFunctionsSystemError: true };

/** The library calls `dispose`, newer syntax the symbol. */
function disposable(dispose: () => void): Disposable & { dispose(): void } {
  return { dispose, [Symbol.dispose]: dispose };
}
