import { randomBytes, randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import type { AppRegistry } from './app-registry.ts';
import type { CoreInvocationContext, RpcData } from './core-types.ts';
import type { HostEvent } from './host-event.ts';
import { runInvocation } from './run-invocation.ts';

/** One call of a function: the trigger's value under its binding's name, and where it came from. */
export interface Call {
  readonly functionName: string;
  readonly binding: string;
  readonly input: RpcData;
  readonly triggerMetadata?: Readonly<Record<string, RpcData>>;
  readonly message?: { readonly messageId: string; readonly dequeueCount: number };
  readonly invocationId?: string;
}

/** How a call ended; `error` is the message of what was thrown. */
export type CallResult = { readonly succeeded: true } | { readonly succeeded: false; readonly error: string };

/** Runs the app's functions. */
export interface Invoker {
  /** Never rejects: what goes wrong is a failed call, reported and logged. */
  invoke(call: Call): Promise<CallResult>;
  /** Fails what runs and everything after it, as when the platform's worker process dies under its host. */
  failAll(reason: Error): void;
  /** Resolves when nothing runs. */
  idle(): Promise<void>;
}

/** Makes the invoker of a loaded app. */
export function makeInvoker(registry: AppRegistry, report: (event: HostEvent) => void): Invoker {
  const running = new Map<Promise<unknown>, (reason: Error) => void>();
  let dead: Error | undefined;

  async function invoke({ message, ...call }: Call): Promise<CallResult> {
    const { functionName, invocationId = randomUUID() } = call;
    const { messageId, dequeueCount } = message ?? {};
    const ids = { functionName, invocationId, ...(messageId !== undefined && { messageId }) };
    report({ event: 'invocation.started', ...ids, ...(dequeueCount !== undefined && { dequeueCount }) });
    const result = await attempt({ ...call, invocationId });
    if (!result.succeeded) {
      report({ event: 'log', functionName, invocationId, level: 'error', message: `Failed: ${result.detail}` });
    }
    const { succeeded } = result;
    report({ event: 'invocation.finished', ...ids, succeeded, ...(!succeeded && { error: result.error }) });
    return result;
  }

  async function attempt(call: Call & { invocationId: string }) {
    const cut = Promise.withResolvers<never>();
    const run = Promise.race([cut.promise, start(call)]);
    running.set(run, cut.reject);
    try {
      await run;
      return { succeeded: true } as const;
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown.message : String(thrown);
      return { succeeded: false, error, detail: inspect(thrown) } as const;
    } finally {
      running.delete(run);
    }
  }

  async function start({
    functionName,
    invocationId,
    binding,
    input,
    triggerMetadata = {},
  }: Call & { invocationId: string }) {
    if (dead) throw dead;
    const registered = registry.functions.get(functionName);
    if (!registered || !registry.model) throw new Error(`Expected function "${functionName}" to be registered.`);
    const coreContext: CoreInvocationContext = {
      invocationId,
      request: {
        inputData: [{ name: binding, data: input }],
        triggerMetadata,
        traceContext: { traceParent: `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01` },
      },
      metadata: registered.metadata,
      log: (level, _category, message) => report({ event: 'log', functionName, invocationId, level, message }),
    };
    await runInvocation(registry, registry.model, registered.callback, coreContext);
  }

  return {
    invoke,
    failAll(reason) {
      dead = reason;
      for (const fail of running.values()) fail(reason);
    },
    async idle() {
      while (running.size > 0) await Promise.allSettled(running.keys());
    },
  };
}
