import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * Files that load modules anew, or put their own in place of one: in a process that has loaded it before, they would come too late, and
 * whoever comes next would find theirs.
 */
const ALONE = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
  .map((path) => `test/${path}`)
  .filter((path) => path.endsWith('.test.ts') && /\bvi\.(?:mock|doMock|resetModules)\(/.test(readFileSync(join(ROOT, path), 'utf8')));

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
  root: ROOT,
  // What a test puts into the environment or in place of a function is taken back before the next.
  unstubEnvs: true,
  restoreMocks: true,
  // No test may fail because the machine is slow; a limit is only there so that what hangs is named.
  testTimeout: 900_000,
  hookTimeout: 900_000,
};

export default defineConfig({
  test: {
    root: ROOT,
    globalSetup: ['test/build-program.ts'],
    sequence: { sequencer: LongFirst },
    // Many tests wait for a server, a process or a clock: with one more than there are cores, none of these stands idle meanwhile. A
    // percentage would not be taken beyond the cores.
    maxWorkers: availableParallelism() + 1,
    projects: [
      // The files of a worker share its process: to start one and load everything anew takes longer than most files do.
      {
        test: {
          ...shared,
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: ALONE,
          isolate: false,
          setupFiles: ['test/own-secrets.ts'],
        },
      },
      { test: { ...shared, name: 'alone', include: ALONE } },
    ],
  },
});
