/** True of a name that is in a list of names that exist, such as the branches of a repository, as written or as CI systems shorten it. */
export type LiveNames = (name: string) => boolean;

/** The longest name that CI systems make of a branch: that of a DNS label. */
const LONGEST = 63;

/** Compiles lists of names, by the names of the lists. */
export function compileLists(lists: Readonly<Record<string, readonly string[]>>): ReadonlyMap<string, LiveNames> {
  return new Map(Object.entries(lists).map(([name, names]) => [name, compileLiveNames(names)]));
}

/** Compiles a list of names. */
export function compileLiveNames(names: readonly string[]): LiveNames {
  const asWritten = new Set(names);
  const short = new Set(names.flatMap((name) => [dashed(name), dashedOnce(name)]));
  return (name) => asWritten.has(name) || short.has(dashed(name)) || short.has(dashedOnce(name));
}

/** Lower case, each other character a dash: as GitLab does. */
function dashed(name: string): string {
  return cut(name.toLowerCase().replaceAll(/[^a-z0-9]/g, '-'));
}

/** The same with one dash for several in a row, such as the `/@` of `bot/@types/node`: as docker/metadata-action does. */
function dashedOnce(name: string): string {
  return cut(name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'));
}

/** Some leave off the dashes at both ends, since a DNS label has none there. */
function cut(name: string): string {
  return name.slice(0, LONGEST).replaceAll(/^-+|-+$/g, '');
}
