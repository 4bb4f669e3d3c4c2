import { byCodeUnit } from '../domain/compare.ts';
import type { Plan } from '../plan/plan.ts';
import { viewOf } from './repository-view.ts';

/** What one rule takes away over all repositories that its policy governs. */
export interface RuleTotal {
  readonly policy: string;
  /** Absent for what goes along with other images. */
  readonly rule: string | undefined;
  readonly images: number;
  /** Tags of images that stay. */
  readonly tags: number;
  readonly repositories: readonly string[];
}

/** The rules that take anything away, those that take most first. */
export function ruleTotals({ repositories }: Plan): RuleTotal[] {
  const totals = new Map<string, RuleTotal>();
  const add = (policy: string, rule: string | undefined, name: string, images: number, tags: number): void => {
    const key = JSON.stringify([policy, rule]);
    const sum = totals.get(key) ?? { policy, rule, images: 0, tags: 0, repositories: [] };
    const names = sum.repositories.at(-1) === name ? sum.repositories : [...sum.repositories, name];
    totals.set(key, { ...sum, images: sum.images + images, tags: sum.tags + tags, repositories: names });
  };
  for (const repository of repositories) {
    const { policy } = repository;
    if (policy === undefined || repository.steps.length === 0) continue;
    const { deleted, removedTags } = viewOf(repository);
    const name = `${repository.registry}/${repository.repository}`;
    for (const { reason } of deleted) add(policy, reason.rule, name, 1, 0);
    for (const { reason } of removedTags) add(policy, reason.rule, name, 0, 1);
  }
  return [...totals.values()].toSorted(
    (a, b) => b.images + b.tags - (a.images + a.tags) || byCodeUnit(a.policy, b.policy) || byCodeUnit(a.rule ?? '', b.rule ?? ''),
  );
}
