/**
 * A value on its way between host and worker: JSON text, or text that the app's library parses where it is JSON.
 * Source: TypedData in azure-functions-language-worker-protobuf.
 */
export type RpcData = { readonly string: string } | { readonly json: string };

/** What an app hands over to be called: the library's wrapper-free handler. */
export type FunctionCallback = (...args: unknown[]) => unknown;

/** A function as the library registers it. Source: toCoreFunctionMetadata.ts of `@azure/functions`. */
export interface FunctionMetadata {
  readonly name: string;
  readonly bindings: Readonly<Record<string, object>>;
  readonly retryOptions?: object | undefined;
}

/** What the library asks of the worker during one invocation. Source: InvocationModel.ts of `@azure/functions`. */
export interface CoreInvocationContext {
  readonly invocationId: string;
  readonly request: {
    readonly inputData: readonly { readonly name: string; readonly data: RpcData }[];
    readonly triggerMetadata: Readonly<Record<string, RpcData>>;
    readonly traceContext: { readonly traceParent: string };
  };
  readonly metadata: FunctionMetadata;
  /** Logging outside of the handler is warned about, except in these hooks. */
  state?: 'postInvocationHooks' | undefined;
  log(level: string, category: string, message: string): void;
}

/** One invocation, as the app's own copy of `@azure/functions` prepares, runs and converts it. */
export interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], handler: FunctionCallback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<unknown>;
}

/** What `@azure/functions` gives to `setProgrammingModel`. */
export interface ProgrammingModel {
  readonly name: string;
  readonly version: string;
  getInvocationModel(context: CoreInvocationContext): InvocationModel | Promise<InvocationModel>;
}

/** A hook's context is the library's business; it may change what is in it. */
export type HookCallback = (context: Record<string, unknown>) => unknown;
