import type { InUse } from '../domain/in-use.ts';
import type { Policy } from '../policy/policy.ts';
import type { Block, RepositoryPlan } from './plan.ts';
import { addSummaries } from './summary.ts';

/** Step 12: every limit that these repositories exceed, each policy's over all that it governs, and the run's over everything. */
export function trippedLimits(
  repositories: readonly RepositoryPlan[],
  policies: readonly Policy[],
  maxDeletions: number | undefined,
): Block[] {
  const blocks: Block[] = [];
  for (const { name, limits } of policies) {
    const { images, bytes } = addSummaries(repositories.filter(({ policy }) => policy === name).map(({ summary }) => summary));
    const all = images.keep + images.untag + (images.archive ?? 0) + images.delete;
    const percent = all === 0 ? 0 : (images.delete / all) * 100;
    const check = (code: 'maxDeletions' | 'maxDeletePercent' | 'maxDeleteBytes', actual: number, what: string): void => {
      const limit = limits[code];
      if (limit === undefined || actual <= limit) return;
      blocks.push({ code, policy: name, limit, actual, message: `policy "${name}" would delete ${what}; its ${code} is ${limit}` });
    };
    check('maxDeletions', images.delete, `${images.delete} images`);
    check('maxDeletePercent', percent, `${percent.toFixed(1)} % of its images (${images.delete} of ${all})`);
    check('maxDeleteBytes', bytes.deleted, `${bytes.deleted} bytes`);
  }
  const total = addSummaries(repositories.map(({ summary }) => summary)).images.delete;
  if (maxDeletions !== undefined && total > maxDeletions) {
    blocks.push({
      code: 'maxDeletions',
      limit: maxDeletions,
      actual: total,
      message: `the run would delete ${total} images; --max-deletions is ${maxDeletions}`,
    });
  }
  return blocks;
}

/** A source of in-use images that could not be read blocks everything: whatever it would have named might be among the deletions. */
export function unreadSources(inUse: InUse): Block[] {
  return inUse.problems.map((problem) => ({ code: 'inUseIncomplete', message: `what is in use is not known: ${problem}` }));
}
