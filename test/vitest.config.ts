import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The tests of what is pure: it keeps nothing from one call to the next, so that the files may share a process, which saves its start. */
const PURE = ['test/unit/{domain,policy,graph,plan,forecast,lint,report}/**/*.test.ts', 'test/{properties,scenarios}/**/*.test.ts'];

/**
 * Files that start servers or make many cases come first, so that no core waits for the last of them alone at the end. Within both kinds
 * the order is that of Vitest: what took longest the last time or, where that is not known, the largest file.
 */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean => /\/test\/(?:e2e|contract|properties)\//.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

const shared = {
  root: new URL('..', import.meta.url).pathname,
  // What a test puts into the environment or in place of a function is taken back before the next.
  unstubEnvs: true,
  restoreMocks: true,
  // No test may fail because the machine is slow; a limit is only there so that what hangs is named.
  testTimeout: 900_000,
  hookTimeout: 900_000,
};

export default defineConfig({
  test: {
    root: shared.root,
    globalSetup: ['test/build-program.ts'],
    sequence: { sequencer: LongFirst },
    // Most tests wait for servers of their own: every core may have one that runs.
    maxWorkers: '100%',
    projects: [
      { test: { ...shared, name: 'pure', include: PURE, isolate: false } },
      // Each has a process of its own, because the program remembers secrets for the rest of its process.
      { test: { ...shared, name: 'edges', include: ['test/**/*.test.ts'], exclude: PURE } },
    ],
  },
});
