import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globals: false,
    pool: 'forks',
    // Most tests wait for claims to end and processes to start, few compute.
    maxWorkers: 2,
    maxConcurrency: 6,
    // What is waited for comes as an event; this long only where it never comes, also on a machine that has much else to do.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    // Hundreds of commands and hosts are started, all of the same modules: compiled once, each starts in half the time.
    env: { NODE_COMPILE_CACHE: join(tmpdir(), 'servicenow-ticket-connector-compile-cache') },
    setupFiles: ['test/setup.ts'],
    globalSetup: ['test/global-setup.ts'],
  },
});
