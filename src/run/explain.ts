import { EXIT } from '../diagnostics/exit-codes.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { isDigest } from '../domain/digest.ts';
import { splitReference } from '../domain/reference.ts';
import { isTag } from '../domain/tag.ts';
import type { Block, Plan, PlannedImage, RepositoryPlan } from '../plan/plan.ts';
import { type Explanation, explanationText } from '../report/explain.ts';
import { toJson } from '../report/json.ts';
import { PLAIN } from '../report/style.ts';
import { toYaml } from '../report/yaml.ts';
import type { Context } from './context.ts';
import { explanationOf } from './explanation.ts';
import { say } from './io.ts';
import { checkOutputFiles, type OutputOptions, outputsOf, writeOutputs } from './outputs.ts';
import { styleOf } from './style-of.ts';
import { type ReadNow, type PlanningOptions, withPlan } from './planning.ts';
import { refuseUser } from './targets.ts';

export interface ExplainOptions extends PlanningOptions, OutputOptions<'table' | 'json' | 'yaml'> {}

/** What of a plan says that something which decides could not be read. */
const UNREAD: readonly Block['code'][] = ['inUseIncomplete', 'listsIncomplete', 'findingsIncomplete'];

/** `explain`: how one image is decided. Throws `NOT_FOUND` if there is no such image. */
export async function explain(text: string, options: ExplainOptions, context: Context): Promise<number> {
  const { io } = context;
  const outputs = outputsOf(options, 'table');
  await checkOutputFiles(outputs, io, options.out);
  const { repository, names } = parseImage(text);
  let seen: ReadNow | undefined;
  const found = await withPlan(
    [repository],
    options,
    context,
    async ({ plan, failures }) => {
      // Without the whole repository nothing can be said about the image.
      if (failures[0] && !seen) throw failures[0].error;
      for (const { code, message } of plan.blockedBy)
        if (UNREAD.includes(code)) say(io, `warning: without what could not be read, it may be decided otherwise: ${message}`);
      return seen && explanationIn(plan, seen, names);
    },
    (read) => {
      if (read.inventory.manifests.some(names)) seen ??= read;
    },
  );
  if (!found)
    throw new ToolError('NOT_FOUND', `The image ${text} does not exist, or it cannot be seen.`, {
      hint: 'Check its name; on a plain registry, what has no tag and belongs to no other image is not listed.',
    });
  await writeOutputs(io, outputs, ({ form, file }) => {
    const style = file === undefined ? styleOf(io, options) : PLAIN;
    return { json: toJson, yaml: toYaml, table: () => explanationText(found, style) }[form](found);
  });
  return EXIT.done;
}

function explanationIn(plan: Plan, { inventory, policy }: ReadNow, names: (image: Named) => boolean): Explanation {
  const repository = plan.repositories.find(
    (one) => one.registry === inventory.registry && one.repository === inventory.repository,
  ) as RepositoryPlan;
  return explanationOf(repository.images.find(names) as PlannedImage, repository, inventory, policy, plan.now);
}

/** What an image is found by. */
type Named = Pick<PlannedImage, 'digest' | 'tags'>;

/** Splits `REGISTRY/REPO:TAG` and `REGISTRY/REPO@DIGEST`; the registry may be a name of the config. Throws `USAGE`. */
function parseImage(text: string): { readonly repository: string; readonly names: (image: Named) => boolean } {
  refuseUser(text);
  const { name: repository, tag, digest } = splitReference(text);
  if (digest !== undefined && isDigest(digest)) return { repository, names: (image) => image.digest === digest };
  if (digest === undefined && tag !== undefined && isTag(tag) && repository.includes('/'))
    return { repository, names: ({ tags }) => tags.includes(tag) };
  throw new ToolError('USAGE', `"${text}" is not the name of an image.`, {
    hint: 'Write REGISTRY/REPO:TAG, or REGISTRY/REPO@sha256: and the whole digest.',
  });
}
