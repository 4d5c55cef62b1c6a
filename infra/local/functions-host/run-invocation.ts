import type { AppRegistry } from './app-registry.ts';
import type { CoreInvocationContext, FunctionCallback, ProgrammingModel } from './core-types.ts';

/**
 * Runs one invocation through the app's own library, with its pre- and post-invocation hooks around the handler.
 * @throws what the handler throws (unless a hook clears it; undefined and null count as success), what a hook throws,
 * and where the result cannot be sent to the host (it must be serializable even where nobody reads it).
 * Source: InvocationHandler.ts of the Node.js worker.
 */
export async function runInvocation(
  registry: AppRegistry,
  programmingModel: ProgrammingModel,
  callback: FunctionCallback,
  coreContext: CoreInvocationContext,
): Promise<void> {
  let invocationContext: unknown;
  const hookedContext: CoreInvocationContext = {
    ...coreContext,
    // Log hooks may change level and text of a line before anyone sees it.
    log(level, category, message) {
      const line = { hookData: {}, level, message, category, invocationContext };
      for (const hook of registry.hooks('log')) hook(line);
      coreContext.log(line.level, category, line.message);
    },
  };
  const model = await programmingModel.getInvocationModel(hookedContext);
  const { context, inputs } = await model.getArguments();
  invocationContext = context;

  const before = { hookData: {}, invocationContext: context, functionCallback: callback, inputs };
  await registry.runHooks('preInvocation', before);

  const outcome: { result: unknown; error: unknown } = { result: null, error: null };
  try {
    outcome.result = await model.invokeFunction(context, before.inputs, before.functionCallback);
  } catch (error) {
    outcome.error = error;
  }
  const { hookData } = before;
  const after = { ...outcome, hookData, invocationContext: context, inputs: before.inputs };
  hookedContext.state = 'postInvocationHooks';
  await registry.runHooks('postInvocation', after);
  hookedContext.state = undefined;

  if (after.error !== undefined && after.error !== null) throw after.error;
  await model.getResponse(context, after.result);
}
