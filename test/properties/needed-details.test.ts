import { describe, expect, test } from 'vitest';
import type { Manifest, RepositoryInventory } from '../../src/domain/inventory.ts';
import { compileLists } from '../../src/plan/live-names.ts';
import { asksForPulls, mayGo, needsConfigs } from '../../src/plan/needed-details.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { SWEEPING } from '../sweep.ts';
import { type Case, manyCases, NOW } from './arbitraries.ts';
import { check, compiledOf, planAnew, planOf, policyOf, SEED, withPolicies } from './planned.ts';

/* What is not read because no rule needs it changes nothing of what a plan does. */

const cases = manyCases(SWEEPING ? 4000 : 480, SEED)
  .map(builtBeforeNow)
  .map((made, index) => (index % 4 === 0 ? made : withoutTimes(made)));

/** With policies that ask for no time and nothing else of configs, of which most say what else times are for. */
function withoutTimes(made: Case): Case {
  const orders = ['semver', 'numeric', 'alphabetical'] as const;
  return withPolicies(made, ({ protect = [], rules, ...policy }) => ({
    ...policy,
    protect: protect.filter(({ labels }) => !labels),
    rules: rules.map(({ labels: _labels, platforms: _platforms, unscanned: _un, vulnerabilities: _vu, order, keep, ...rule }, index) => {
      const bare = rule.orphaned !== undefined || rule.untagged !== undefined;
      const { last, days, older, groups } = typeof keep === 'object' ? keep : {};
      return {
        ...rule,
        ...(!bare && { order: orders[index % 3] as (typeof orders)[number] }),
        keep:
          bare || typeof keep !== 'object'
            ? keep === 'all'
              ? 'all'
              : 'none'
            : { last: (last ?? days ?? older ?? 1) % 3, ...(groups !== undefined && { groups }) },
        ...(bare && order === 'created' && { order }),
      };
    }),
  }));
}

/** Without a grace, nothing is asked of how new an image is; one that says it was built in the future would be protected all the same. */
function builtBeforeNow(made: Case): Case {
  return withManifests(made, () => (manifest) => {
    const { createdAt } = manifest;
    return createdAt !== undefined && Date.parse(createdAt) >= NOW ? { ...manifest, createdAt: new Date(NOW - 1).toISOString() } : manifest;
  });
}

function withManifests(made: Case, change: (inventory: RepositoryInventory) => (manifest: Manifest) => Manifest): Case {
  return { ...made, repositories: made.repositories.map((one) => ({ ...one, manifests: one.manifests.map(change(one)) })) };
}

/** As it is listed before any config is read. */
function bare({ createdAt: _createdAt, labels: _labels, platforms: _platforms, ...manifest }: Manifest): Manifest {
  return manifest;
}

function contextOf(made: Case, isBounded: boolean) {
  return { inUse: made.inUse, lists: compileLists(made.lists), now: made.now, isBounded };
}

const asRead = ({ capabilities, ...inventory }: RepositoryInventory, change: (manifest: Manifest) => Manifest) => ({
  capabilities,
  listed: () => ({ ...inventory, capabilities, manifests: inventory.manifests.map(change) }),
});

function needsConfigsIn(made: Case, inventory: RepositoryInventory, isBounded: boolean): boolean {
  const policy = policyOf(made, inventory);
  return policy !== undefined && needsConfigs(asRead(inventory, bare), compiledOf(policy), contextOf(made, isBounded));
}

/** What is done, and which limits it meets: not the facts that are told besides, and of what stays not by which of several reasons. */
function doings({ repositories, blockedBy, summary }: Plan): unknown {
  const done = repositories.map(({ repository, steps, images, summary: counts }) => ({
    repository,
    steps,
    counts,
    images: images.map(({ digest, action, untag }) => ({ digest, action, untag })),
    reasons: images.flatMap(({ digest, action, reasons }) =>
      action === 'delete' ? reasons.map(({ code, tag, rule }) => ({ digest, code, tag, rule })) : [],
    ),
  }));
  return { done, blockedBy, summary };
}

describe('a plan without what no rule needs', () => {
  for (const atMost of [undefined, 2])
    check(
      `does the same without the configs of images${atMost === undefined ? '' : ', where a run is bounded'}`,
      (made) => {
        const without = withManifests(made, (one) => (needsConfigsIn(made, one, atMost !== undefined) ? (manifest) => manifest : bare));
        const bounds = atMost === undefined ? {} : { atMost };
        expect(doings(planAnew(without, bounds))).toEqual(doings(atMost === undefined ? planOf(made) : planAnew(made, bounds)));
      },
      cases,
    );

  check(
    'does the same without the pulls of what stays',
    (made) => {
      const without = withManifests(made, (one) => {
        const policy = policyOf(made, one);
        const compiled = policy && compiledOf(policy);
        const going = new Set(
          compiled &&
            mayGo(
              asRead(one, (each) => each),
              compiled,
              contextOf(made, false),
            ),
        );
        const ofAll = compiled !== undefined && asksForPulls(compiled);
        return ({ pulledAt, ...manifest }) =>
          pulledAt !== undefined && (ofAll || going.has(manifest.digest)) ? { ...manifest, pulledAt } : manifest;
      });
      const pullsOf = ({ repositories }: Plan): unknown =>
        repositories.map(({ images }) => images.map(({ action, pulledAt }) => (action === 'keep' ? undefined : pulledAt)));
      const plan = planOf(without);
      expect(doings(plan)).toEqual(doings(planOf(made)));
      expect(pullsOf(plan)).toEqual(pullsOf(planOf(made)));
    },
    cases.slice(0, 400),
  );

  test('is met often enough to say something', () => {
    const all = cases.flatMap((made) => made.repositories.filter((one) => policyOf(made, one)).map((one) => ({ made, one })));
    const unread = all.filter(({ made, one }) => !needsConfigsIn(made, one, false));
    const plans = unread.filter(({ made, one }) =>
      planOf(made).repositories.some(
        ({ repository, registry, steps }) => repository === one.repository && registry === one.registry && steps.length > 0,
      ),
    );
    expect(unread.length).toBeGreaterThan(100);
    expect(plans.length).toBeGreaterThan(20);
  });
});
