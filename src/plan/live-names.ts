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
  const short = new Set(names.map(shortened));
  return (name) => asWritten.has(name) || short.has(shortened(name));
}

/** Lower case, other characters to dashes, cut; some leave off the dashes at both ends, since a DNS label has none there. */
function shortened(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '-')
    .slice(0, LONGEST)
    .replaceAll(/^-+|-+$/g, '');
}
