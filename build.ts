import { rm } from 'node:fs/promises';
import { build, type Plugin } from 'esbuild';

/**
 * Importing `node:http` as an ES module evaluates all its exports, WebSocket and with it undici among them: 17 ms of
 * every cold start. Taking the built-in module as it is costs none of that.
 */
const httpWithoutWebSocket: Plugin = {
  name: 'http-without-websocket',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?http$/ }, () => ({ path: 'http', namespace: 'built-in' }));
    onLoad({ filter: /.*/, namespace: 'built-in' }, () => ({
      contents: "module.exports = process.getBuiltinModule('node:http')",
      loader: 'js',
    }));
  },
};

/**
 * Bundles the program into `dist/`: what is deployed beside `host.json` and `package.json`. `@azure/functions` stays
 * outside, for the host provides what it needs; everything heavy is split off and loaded at its first use.
 */
await rm('dist', { recursive: true, force: true });
await build({
  entryPoints: ['functions/main.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  minify: true,
  platform: 'node',
  target: 'node22',
  format: 'esm',
  // The blob client asks for apache-arrow where blobs are listed in its format, which nobody does: 243 KB never loaded.
  external: ['@azure/functions', '@azure/functions-core', 'apache-arrow'],
  // Its other build is UMD, whose parts a bundler can't follow.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  // Some packages of the Azure SDK are CommonJS inside and ask for `require`.
  banner: {
    js: "import{createRequire as bundleRequire}from'node:module';const require=bundleRequire(import.meta.url);",
  },
  plugins: [httpWithoutWebSocket],
  logLevel: 'warning',
});
