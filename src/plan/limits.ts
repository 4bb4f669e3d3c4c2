import type { InUse } from '../domain/in-use.ts';
import type { LimitName, Policy } from '../policy/policy.ts';
import type { Block, RepositoryPlan, Summary } from './plan.ts';
import { addSummaries } from './summary.ts';

/** Step 12: every limit that these repositories exceed, each policy's over all that it governs, and the run's over everything. */
export function trippedLimits(
  repositories: readonly RepositoryPlan[],
  policies: readonly Policy[],
  maxDeletions: number | undefined,
): Block[] {
  const blocks: Block[] = [];
  for (const { name, limits } of policies) {
    const summary = addSummaries(repositories.filter(({ policy }) => policy === name).map((repository) => repository.summary));
    const { deleted, all } = countOf(summary);
    const percent = all === 0 ? 0 : (deleted / all) * 100;
    const measured: Readonly<Record<LimitName, readonly [actual: number, what: string]>> = {
      maxDeletions: [deleted, wordsFor(summary)],
      maxDeletePercent: [percent, `${percent.toFixed(1)} % of what its rules could delete (${deleted} of ${all})`],
      maxDeleteBytes: [summary.bytes.deleted, `${summary.bytes.deleted} bytes`],
    };
    for (const code of Object.keys(measured) as LimitName[]) {
      const [actual, what] = measured[code];
      const limit = limits[code];
      if (limit === undefined || actual <= limit) continue;
      blocks.push({ code, policy: name, limit, actual, message: `policy "${name}" would delete ${what}; its ${code} is ${limit}` });
    }
  }
  const total = addSummaries(repositories.map(({ summary }) => summary));
  const { deleted } = countOf(total);
  if (maxDeletions !== undefined && deleted > maxDeletions) {
    blocks.push({
      code: 'maxDeletions',
      limit: maxDeletions,
      actual: deleted,
      message: `the run would delete ${wordsFor(total)}; --max-deletions is ${maxDeletions}`,
    });
  }
  return blocks;
}

/** A source of in-use images that could not be read blocks everything: whatever it would have named might be among the deletions. */
export function unreadSources(inUse: InUse): Block[] {
  return inUse.problems.map((problem) => ({ code: 'inUseIncomplete', message: `what is in use is not known: ${problem}` }));
}

/** A list of names that could not be read, or names nothing, blocks everything: what it would have named would pass for gone. */
export function unreadLists(problems: readonly string[]): Block[] {
  return problems.map((problem) => ({ code: 'listsIncomplete', message: `which names exist is not known: ${problem}` }));
}

/**
 * A report of a scanner that could not be read blocks everything: a rule may not select what it should, and the one below it delete that.
 */
export function unreadScans(problems: readonly string[]): Block[] {
  return problems.map((problem) => ({ code: 'findingsIncomplete', message: `what scanners have found is not known: ${problem}` }));
}

/**
 * What is deleted, and all that could be: images, untagged ones among them, orphaned attachments, and what an earlier run left half-way.
 * What only goes along is not counted.
 */
function countOf({ images, orphaned, leftovers }: Summary): { readonly deleted: number; readonly all: number } {
  const deleted = images.delete + (orphaned?.delete ?? 0) + (leftovers?.delete ?? 0);
  return { deleted, all: images.keep + images.untag + (images.archive ?? 0) + (orphaned?.keep ?? 0) + deleted };
}

function wordsFor({ images, orphaned, leftovers }: Summary): string {
  const [attachments, left] = [orphaned?.delete ?? 0, leftovers?.delete ?? 0];
  return [
    `${images.delete} images`,
    ...(attachments > 0 ? [`${attachments} orphaned attachments`] : []),
    ...(left > 0 ? [`${left} manifests that an earlier run left half-way`] : []),
  ].join(' and ');
}
