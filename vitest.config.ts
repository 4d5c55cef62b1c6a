import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globals: false,
    pool: 'forks',
    // Most tests wait for claims to end and processes to start, few compute.
    maxWorkers: 3,
    maxConcurrency: 8,
    // A claim of a few seconds has to end in some of them.
    testTimeout: 40_000,
    hookTimeout: 40_000,
    setupFiles: ['test/setup.ts'],
    globalSetup: ['test/global-setup.ts'],
  },
});
