import { defineConfig } from 'vitest/config';

/** The tests of what is pure: it keeps nothing from one call to the next, so that the files may share a process, which saves its start. */
const PURE = ['test/unit/{domain,policy,graph,plan,report}/**/*.test.ts', 'test/{properties,scenarios}/**/*.test.ts'];

const root = new URL('..', import.meta.url).pathname;
// No test may fail because the machine is slow; a limit is only there so that what hangs is named.
const limits = { testTimeout: 900_000, hookTimeout: 900_000 };

export default defineConfig({
  test: {
    root,
    globalSetup: ['test/build-program.ts'],
    // Most tests wait for servers of their own: every core may have one that runs.
    maxWorkers: '100%',
    projects: [
      { test: { ...limits, root, name: 'pure', include: PURE, isolate: false, benchmark: { include: [] } } },
      {
        test: {
          ...limits,
          root,
          name: 'edges',
          include: ['test/**/*.test.ts'],
          exclude: PURE,
          benchmark: { include: ['test/bench/**/*.bench.ts'] },
        },
      },
    ],
  },
});
