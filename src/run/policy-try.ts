import { loadPolicies } from '../config/policy-source.ts';
import { EXIT } from '../diagnostics/exit-codes.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { isRepositoryName } from '../domain/reference.ts';
import { isTag } from '../domain/tag.ts';
import type { PlannedImage, RepositoryPlan } from '../plan/plan.ts';
import { Planner } from '../plan/planner.ts';
import { behindNewer } from '../policy-test/behind-newer.ts';
import type { ImageSpec } from '../policy-test/case-schema.ts';
import { inventoryOfWritten } from '../policy-test/written-images.ts';
import { writtenPlace } from '../policy-test/written-place.ts';
import { governingPolicy } from '../policy/governing.ts';
import { compilePolicy, listsOf, type Policy } from '../policy/policy.ts';
import { type TriedTag, triedText } from '../report/policy-try.ts';
import type { Context, GlobalOptions } from './context.ts';
import { explanationOf } from './explanation.ts';
import { writeAnswer } from './answer.ts';
import { styleOf } from './style-of.ts';

export interface TryOptions extends GlobalOptions {
  /** How long ago it was pushed, built and last pulled: durations, as given. */
  readonly age?: string;
  readonly created?: string;
  readonly pulled?: string;
  /** Labels by their names. */
  readonly label?: Readonly<Record<string, string>>;
  readonly repository?: string;
}

/**
 * `policy try`: what a policy file decides about each of these tags, alone in a repository that it governs. Answers the exit code. Throws
 * `USAGE` for a text that is not a tag or repository, and where no policy governs that repository; `POLICY_INVALID`; `FILE`.
 */
export async function tryTags(file: string, tags: readonly string[], options: TryOptions, context: Context): Promise<number> {
  const { io } = context;
  const wrong = tags.find((tag) => !isTag(tag));
  if (wrong !== undefined) throw new ToolError('USAGE', `"${wrong}" is not a tag.`, { hint: 'Give tags alone, such as v1.2.3.' });
  const { repository: given, age, created, pulled, label } = options;
  if (given !== undefined && !isRepositoryName(given))
    throw new ToolError('USAGE', `--repository is "${given}", which is not the name of a repository.`, {
      hint: 'Give its name without the registry, such as team/app.',
    });
  const loaded = await loadPolicies([file], undefined, io.signal);
  const policies = loaded.map((one) => compilePolicy(one.spec, one));
  const place = writtenPlace(loaded.map(({ spec }) => spec));
  const { registry, repository } = { ...place, ...(given !== undefined && { repository: given }) };
  const policy = governingPolicy(policies, registry, repository);
  if (!policy)
    throw new ToolError('USAGE', `No policy in ${file} governs the repository "${repository}".`, {
      hint: 'Name one that is governed, by --repository.',
    });
  const image: ImageSpec = {
    ...(age !== undefined && { pushed: age }),
    ...(created !== undefined && { created }),
    ...(pulled !== undefined && { pulled }),
    ...(label && { labels: label }),
  };
  const names = listsOf(policy);
  const tried = tags.map((tag): TriedTag => {
    const inventory = inventoryOfWritten({ [tag]: image }, { registry, repository }, io.now());
    const planBy = (by: Policy): RepositoryPlan => {
      const now = io.now();
      const lists = Object.fromEntries(names.map((name) => [name, []]));
      const inUse = { images: [], problems: [], hosts: {} };
      const planner = new Planner({ policies: [by], inUse, now, createdAt: now, version: context.version, lists });
      planner.add(inventory);
      return planner.plan().repositories[0] as RepositoryPlan;
    };
    const alone = planBy(policy);
    const [decided] = alone.images as readonly [PlannedImage];
    const [{ action, reasons }] = planBy(behindNewer(policy)).images as readonly [PlannedImage];
    return {
      tag,
      explanation: explanationOf(decided, alone, inventory, policy, new Date(io.now()).toISOString()),
      behind: { action, reasons },
      lists: [...new Set(names)],
    };
  });
  await writeAnswer(io, triedText(tried, styleOf(io, options)));
  return EXIT.done;
}
