import { globSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import type { AppRegistry } from './app-registry.ts';
import { registry } from './functions-core.ts';

const packageSchema = z.object({ main: z.string({ error: 'expected the path of the built app' }).min(1) });

/**
 * Loads the app in `directory` as the platform's worker does: every file that `main` of its package.json matches (a
 * path or a glob) is imported, then the appStart hooks run, then registration ends.
 * The app finds this host under `@azure/functions-core`, in `require` and `import` alike.
 * `log` receives what the app's library has to say outside of invocations.
 * @throws whatever the app throws while it loads, and where `main` is missing or matches nothing.
 * Source: startApp.ts and setupCoreModule.ts of the Node.js worker.
 */
export async function loadApp(directory: string, log: AppRegistry['log']): Promise<AppRegistry> {
  registry.log = log;
  const { main } = packageSchema.parse(JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')));
  const files = globSync(main, { cwd: directory });
  if (files.length === 0) {
    throw new Error(`Expected \`main\` of package.json to match a file, got none for "${main}"; build the app first.`);
  }
  const coreUrl = new URL('./functions-core.ts', import.meta.url).href;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === '@azure/functions-core' ? { url: coreUrl, shortCircuit: true } : next(specifier, context),
  });
  for (const file of files) await import(pathToFileURL(join(directory, file)).href);
  await registry.runHooks('appStart', { hookData: {}, functionAppDirectory: directory });
  registry.close();
  return registry;
}
