import { byCodeUnit } from '../domain/compare.ts';
import type { Plan } from '../plan/plan.ts';
import { isDeleteReason } from '../plan/reason.ts';
import type { Growth, GrowthCause } from './forecast.ts';

/** Below this part of what is pushed, what stays for good is not worth telling, nor is a cause below this part of the growth. */
const LEAST = 0.05;

/**
 * What stays for good, by two plans of a time so far ahead that no rule keeps anything for its age: one of what is there at first, one of
 * what is there after so many days in which so many images were pushed. What the second keeps besides, no rule will ever take.
 */
export function growthOf(before: Plan, after: Plan, days: number, pushed: number): Growth {
  const [first, second] = [stayingIn(before), stayingIn(after)];
  const more = totalOf(second) - totalOf(first);
  if (more < 1 || more < pushed * LEAST) return { imagesPerDay: 0, causes: [] };
  const causes = [...second].flatMap(([key, { images, ...cause }]): GrowthCause[] => {
    const added = images - (first.get(key)?.images ?? 0);
    return added < more * LEAST ? [] : [{ ...cause, imagesPerDay: perDay(added, days) }];
  });
  return {
    imagesPerDay: perDay(more, days),
    causes: causes.toSorted((a, b) => b.imagesPerDay - a.imagesPerDay || byCodeUnit(keyOf(a), keyOf(b))),
  };
}

type Staying = Omit<GrowthCause, 'imagesPerDay'> & { images: number };

/** The images that stay, by where they are and why. */
function stayingIn({ repositories }: Plan): ReadonlyMap<string, Staying> {
  const staying = new Map<string, Staying>();
  for (const { registry, repository, policy, images } of repositories) {
    if (policy === undefined) continue;
    for (const { part, action, reasons } of images) {
      const reason = reasons.find(({ code }) => !isDeleteReason(code));
      if (part || action === 'delete' || !reason) continue;
      const { code, rule } = reason;
      const cause = { registry, repository, policy, code, ...(rule !== undefined && { rule }) };
      const known = staying.get(keyOf(cause));
      if (known) known.images += 1;
      else staying.set(keyOf(cause), { ...cause, images: 1 });
    }
  }
  return staying;
}

function keyOf({ registry, repository, code, rule = '' }: Omit<GrowthCause, 'imagesPerDay'>): string {
  return `${registry} ${repository} ${code} ${rule}`;
}

function totalOf(staying: ReadonlyMap<string, Staying>): number {
  return [...staying.values()].reduce((sum, { images }) => sum + images, 0);
}

/** With one digit behind the point. */
function perDay(images: number, days: number): number {
  return Math.round((images / days) * 10) / 10;
}
