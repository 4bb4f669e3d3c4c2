import { appImage, type Build, commit, dateTag, daysBefore } from './build.ts';

/** Branches with the number of their builds, the age of the youngest and the distance between two, in days. */
const BRANCHES: readonly (readonly [branch: string, builds: number, youngest: number, distance: number])[] = [
  ['main', 90, 0.2, 2],
  ['feature-login', 14, 3, 1.5],
  ['feature-dark-mode', 11, 48, 1],
  ['feature-search', 8, 95, 2],
  ['fix-checkout', 5, 130, 0.5],
];
/** Every so many builds of `main` one went to production. */
const PROMOTED = 8;

/**
 * A front end that is built on every push, with one tag `<branch>-<sha7>` a build. A build that goes to production gets a second tag,
 * `prod-<date>`. One old build has a label that says to keep it.
 */
export function teamWeb(now: Date): Build[] {
  return BRANCHES.flatMap(([branch, count, youngest, distance]) =>
    Array.from({ length: count }, (_, number) => {
      const age = youngest + number * distance;
      const revision = commit(`web ${branch} ${count - number}`);
      const labels = { 'org.opencontainers.image.revision': revision, ...(branch === 'fix-checkout' && number === 0 && { keep: 'true' }) };
      const thing = appImage({
        app: 'web',
        dependencies: `${Math.floor(age / 30)} months ago`,
        build: revision,
        created: daysBefore(now, age),
        labels,
      });
      const promoted = branch === 'main' && number % PROMOTED === 2 ? [`prod-${dateTag(now, age - 1)}`] : [];
      const floating = branch === 'main' && number === 0 ? ['latest', 'staging'] : number === 2 && branch === 'main' ? ['prod'] : [];
      return { thing, tags: [`${branch}-${revision.slice(0, 7)}`, ...promoted, ...floating] };
    }),
  );
}

/** The tag of a build of `main` that nothing but its being run keeps: some 150 days old and never promoted. */
export function longRunningTag(): string {
  return `main-${commit('web main 15').slice(0, 7)}`;
}
