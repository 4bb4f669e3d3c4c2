import { describe, expect } from 'vitest';
import type { PolicySpec } from '../../src/policy/schema.ts';
import { type Case, digest } from './arbitraries.ts';
import { check, deleted, floorless, planOf, withPolicies } from './planned.ts';

describe('asking for more never deletes what was kept before', () => {
  // What the floor alone had saved is set aside: it looks at what the rules leave, so the runs are made without it.
  const never = (before: Case, after: Case): void => {
    const gone = deleted(planOf(before));
    expect([...deleted(planOf(after))].filter((image) => !gone.has(image))).toEqual([]);
  };

  for (const bound of ['last', 'days', 'pulledDays', 'max', 'older', 'maxGroups'] as const) {
    check(`raising ${bound}`, (made) => {
      // Beside "max", "older" counts other images as soon as "days" is raised: what is no longer older may be beyond "max".
      const both = ({ keep }: PolicySpec['rules'][number]): boolean =>
        typeof keep === 'object' && keep.max !== undefined && keep.older !== undefined;
      const asks = ({ keep }: PolicySpec['rules'][number]): boolean => typeof keep === 'object' && keep[bound] !== undefined;
      if (!made.policies.some(({ rules }) => rules.some(asks))) return;
      if (bound === 'days' && made.policies.some(({ rules }) => rules.some(both))) return;
      const raise = ({ rules, ...policy }: PolicySpec): PolicySpec => ({
        ...policy,
        rules: rules.map((rule) =>
          typeof rule.keep === 'object' && rule.keep[bound] !== undefined
            ? { ...rule, keep: { ...rule.keep, [bound]: rule.keep[bound] + 2 } }
            : rule,
        ),
      });
      never(floorless(made), withPolicies(floorless(made), raise));
    });
  }

  for (const bound of ['keepAtLeast', 'keepNewest'] as const) {
    check(`raising ${bound}`, (made) => {
      const before = bound === 'keepAtLeast' ? made : floorless(made);
      never(
        before,
        withPolicies(before, (policy) => ({ ...policy, [bound]: (policy[bound] ?? (bound === 'keepAtLeast' ? 1 : 0)) + 1 })),
      );
    });
  }

  for (const entry of [
    { tags: ['v1*', 'x'] },
    { tags: ['v1*', 'x'], wholeImage: true as const },
    { digests: [1, 2, 4, 7].map(digest) },
    { labels: { keep: '*' } },
    { signed: true as const },
  ]) {
    check(`protecting ${Object.keys(entry).join(' and ')}`, (made) => {
      never(
        floorless(made),
        withPolicies(floorless(made), (policy) => ({ ...policy, protect: [...(policy.protect ?? []), entry] })),
      );
    });
  }

  check('raising grace', (made) => {
    never(
      floorless(made),
      withPolicies(floorless(made), (policy) => ({ ...policy, grace: '5d' })),
    );
  });

  check('one more image in use', (made) => {
    const more = [digest(2), digest(204)].map((image) => ({ image: { digest: image }, source: 'generated' }));
    never(floorless(made), { ...floorless(made), inUse: { ...made.inUse, images: [...made.inUse.images, ...more] } });
  });

  check('one more name in a list of live ones', (made) => {
    // A rule for what is gone then leaves the tag to another rule, which may ask for less.
    if (made.policies.some(({ rules }) => rules.some(({ gone }) => gone !== undefined))) return;
    never(floorless(made), { ...floorless(made), lists: { branches: [...(made.lists['branches'] ?? []), 'feature/a', 'main'] } });
  });
});
