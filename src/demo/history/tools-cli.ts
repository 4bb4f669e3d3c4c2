import { appImage, type Build } from './build.ts';

/** What reproducible builders write as build time: Bazel and ko, buildpacks, and Go's zero time. */
const NO_TIMES = ['1970-01-01T00:00:00Z', '1980-01-01T00:00:01Z', '0001-01-01T00:00:00Z'];

/** Reproducible builds: their times say nothing of their age. */
export function toolsCli(): Build[] {
  return Array.from({ length: 18 }, (_, number) => {
    const version = `0.${number + 1}.0`;
    const thing = appImage({ app: 'cli', dependencies: '', build: version, created: NO_TIMES[number % NO_TIMES.length]! });
    return { thing, tags: [version, ...(number === 17 ? ['latest'] : [])] };
  });
}
