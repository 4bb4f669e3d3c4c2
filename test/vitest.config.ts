import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    benchmark: { include: ['test/bench/**/*.bench.ts'] },
    globalSetup: ['test/build-program.ts'],
    // Most tests wait for servers of their own: every core may have one that runs.
    maxWorkers: '100%',
    // No test may fail because the machine is slow; a limit is only there so that what hangs is named.
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
});
