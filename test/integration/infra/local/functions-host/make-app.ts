import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A built app in a directory of its own, removed at the end of the scope. */
export interface App extends AsyncDisposable {
  readonly directory: string;
}

const packages = join(import.meta.dirname, '../../../../../node_modules');

/** Writes an app whose entry is `source`, with `app` of `@azure/functions` in scope, and `queues` as in host.json. */
export async function makeApp(source: string, queues: object = {}): Promise<App> {
  const directory = await mkdtemp(join(tmpdir(), 'functions-host-app-'));
  await Promise.all([
    writeFile(join(directory, 'package.json'), JSON.stringify({ type: 'module', main: 'main.mjs' })),
    writeFile(join(directory, 'host.json'), JSON.stringify({ version: '2.0', extensions: { queues } })),
    writeFile(join(directory, 'main.mjs'), `import { app } from '@azure/functions';\n${source}`),
    symlink(packages, join(directory, 'node_modules')),
  ]);
  return { directory, [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
}
