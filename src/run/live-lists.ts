import { readLiveList } from '../inuse/live-list.ts';
import { listsOf, type Policy } from '../policy/policy.ts';
import { commandOptions, readOrProblem } from './in-use.ts';
import type { Io } from './io.ts';
import type { Workplace } from './workplace.ts';

/** The names that exist, by the lists that rules look up. */
export interface LiveLists {
  readonly lists: Readonly<Record<string, readonly string[]>>;
  /** Lists that could not be read or that name nothing, a sentence each. A plan that was made with these must not be applied. */
  readonly problems: readonly string[];
}

/**
 * Reads the lists of the config that the rules of these policies look up, and no others. The policies were read for this config,
 * so that it has every list that they name. Throws `IN_USE_INVALID` for a list that makes no sense.
 */
export async function readLiveLists(
  policies: readonly Policy[],
  { settings, named }: Workplace,
  io: Io,
  signal: AbortSignal,
): Promise<LiveLists> {
  const lists: Record<string, readonly string[]> = {};
  const problems: string[] = [];
  for (const name of new Set(policies.flatMap(listsOf))) {
    const source = Object.hasOwn(settings.lists, name) ? settings.lists[name] : undefined;
    if (!source) throw new TypeError(`the policies were read for other lists than these: there is no "${name}"`);
    const names = await readOrProblem(() => readLiveList(source, commandOptions(named, io, signal)), signal);
    if (typeof names === 'string') problems.push(`the list "${name}": ${names}`);
    else if (names.length === 0) problems.push(`the list "${name}" names nothing, so that nothing would pass for what exists.`);
    else lists[name] = names;
  }
  return { lists, problems };
}
