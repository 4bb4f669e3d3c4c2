import { didYouMean } from '../diagnostics/nearest.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { readLiveList } from '../inuse/live-list.ts';
import type { Policy } from '../policy/policy.ts';
import type { Context } from './context.ts';
import { commandOptions, readOrProblem } from './in-use.ts';
import type { Workplace } from './workplace.ts';

/** The names that exist, by the lists that rules look up. */
export interface LiveLists {
  readonly lists: Readonly<Record<string, readonly string[]>>;
  /** Lists that could not be read or that name nothing, a sentence each. A plan that was made with these must not be applied. */
  readonly problems: readonly string[];
}

/**
 * Reads the lists of the config that the rules of these policies look up (`live`), and no others. Throws `CONFIG_INVALID` for a list that the
 * config does not have, and `IN_USE_INVALID` for one that makes no sense.
 */
export async function readLiveLists(policies: readonly Policy[], { settings, named }: Workplace, context: Context): Promise<LiveLists> {
  const lists: Record<string, readonly string[]> = {};
  const problems: string[] = [];
  for (const name of new Set(policies.flatMap(({ rules }) => rules.tagged.flatMap(({ live }) => live?.list ?? [])))) {
    const source = Object.hasOwn(settings.lists, name) ? settings.lists[name] : undefined;
    if (!source) throw unknownList(name, Object.keys(settings.lists));
    const names = await readOrProblem(() => readLiveList(source, commandOptions(named, context.io)), context);
    if (typeof names === 'string') problems.push(names);
    else if (names.length === 0) problems.push(`the list "${name}" names nothing, so that nothing would pass for what exists.`);
    else lists[name] = names;
  }
  return { lists, problems };
}

function unknownList(name: string, known: readonly string[]): ToolError {
  return new ToolError(
    'CONFIG_INVALID',
    `A rule looks up names in the list "${name}", which the config does not have${didYouMean(name, known) || '.'}`,
    {
      hint: 'Name where it comes from under "lists" in the config: a "git" repository, a "file" or a "command".',
    },
  );
}
