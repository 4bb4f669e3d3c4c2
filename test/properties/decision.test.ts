import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Manifest, RepositoryInventory } from '../../src/domain/inventory.ts';
import { attachmentTagSubject } from '../../src/domain/tag.ts';
import type { PlannedImage, RepositoryPlan } from '../../src/plan/plan.ts';
import { planRepository } from '../../src/plan/plan-repository.ts';
import { DELETE_REASONS, KEEP_REASONS } from '../../src/plan/reason.ts';
import { compilePolicy } from '../../src/policy/policy.ts';
import { isTimeOrder, type PolicySpec } from '../../src/policy/schema.ts';
import { type Case, decisionCase, digest, NOW } from './arbitraries.ts';
import { decide } from './reference.ts';

const RUNS = { numRuns: 1000 } as const;

function plan({ repository, policy, inUse }: Case): RepositoryPlan {
  const compiled = compilePolicy(policy, { source: 'generated', digest: digest(1000) });
  const used = inUse.map((image) => ({ image: { digest: image }, source: 'generated' }));
  return planRepository(repository, [compiled], { images: used, problems: [], hosts: {} }, NOW).plan;
}

function deleted(made: RepositoryPlan): Set<string> {
  return new Set(made.images.filter(({ action }) => action === 'delete').map((image) => image.digest));
}

/** The repository as it is after the plan was carried out: manifests and tags gone, nothing else touched. */
function applied(repository: RepositoryInventory, made: RepositoryPlan): RepositoryInventory {
  const images = new Map(made.images.map((image) => [image.digest, image]));
  const manifests = repository.manifests
    .filter((manifest) => images.get(manifest.digest)?.action !== 'delete')
    .map((manifest) => ({ ...manifest, tags: manifest.tags.filter((tag) => !images.get(manifest.digest)?.untag.includes(tag)) }));
  return { ...repository, manifests };
}

function subjectsOf(manifest: Manifest): string[] {
  return [...(manifest.subject === undefined ? [] : [manifest.subject]), ...manifest.tags.flatMap((tag) => attachmentTagSubject(tag) ?? [])];
}

const check = (name: string, holds: (made: Case) => void): void =>
  test(name, () => {
    fc.assert(fc.property(decisionCase, holds), RUNS);
  });

describe('what must always hold', () => {
  check('kept, untagged and deleted together are the inventory, each once, each with a reason', (made) => {
    const { images } = plan(made);
    expect(images.map((image) => image.digest)).toEqual(made.repository.manifests.map((manifest) => manifest.digest).toSorted());
    for (const { action, reasons, untag, tags } of images) {
      const codes = reasons.map(({ code }) => code);
      expect(codes.length).toBeGreaterThan(0);
      expect(action === 'delete' ? codes.every((code) => code in DELETE_REASONS) : codes.some((code) => code in KEEP_REASONS)).toBe(true);
      expect(untag.length > 0).toBe(action === 'untag');
      expect(tags).toEqual(expect.arrayContaining([...untag]));
    }
  });

  check('the steps are exactly the deletions and untaggings, holders before what they hold', (made) => {
    const { images, steps } = plan(made);
    const manifests = steps.flatMap((step) => (step.op === 'delete-manifest' ? [step] : []));
    const tags = steps.flatMap((step) => (step.op === 'delete-tag' ? [`${step.digest} ${step.tag}`] : []));
    expect(manifests.map((step) => step.digest).toSorted()).toEqual([...deleted({ images } as RepositoryPlan)].toSorted());
    expect(tags.toSorted()).toEqual(images.flatMap((image) => image.untag.map((tag) => `${image.digest} ${tag}`)).toSorted());
    const done = new Set<string>();
    for (const step of manifests) {
      expect(step.after.every((holder) => done.has(holder))).toBe(true);
      expect(Object.keys(step.expect).toSorted()).toEqual(images.find((image) => image.digest === step.digest)?.tags);
      done.add(step.digest);
    }
  });

  check('nothing locked, protected, in use or younger than its grace goes', (made) => {
    const { repository, policy, inUse } = made;
    const gone = deleted(plan(made));
    const byDigest = new Map(repository.manifests.map((manifest) => [manifest.digest, manifest]));
    const holdsInUse = (manifest: Manifest, seen: readonly string[] = []): boolean =>
      inUse.includes(manifest.digest) ||
      (manifest.config !== undefined && inUse.includes(manifest.config)) ||
      manifest.children.some((child) => inUse.includes(child) || (byDigest.has(child) && !seen.includes(child) && holdsInUse(byDigest.get(child) as Manifest, [...seen, child])));
    const grace = { '0s': 0, '1h': 3_600_000, '1d': 86_400_000, '3d': 259_200_000 }[policy.grace as string] as number;
    for (const manifest of repository.manifests.filter((each) => gone.has(each.digest))) {
      expect(manifest.locked).not.toBe(true);
      expect(manifest.tags.filter((tag) => manifest.lockedTags?.includes(tag))).toEqual([]);
      expect(holdsInUse(manifest)).toBe(false);
      for (const entry of policy.protect ?? []) {
        expect(entry.digests?.includes(manifest.digest)).not.toBe(true);
        if (entry.labels) expect(manifest.labels?.['keep']).not.toBe('true');
        if (entry.signed) expect(manifest.signed).not.toBe(true);
        if (entry.tags?.includes('latest')) expect(manifest.tags).not.toContain('latest');
      }
      const pushed = repository.capabilities.pushedAt ? manifest.pushedAt : manifest.createdAt;
      const age = pushed === undefined ? Number.NaN : NOW - Date.parse(pushed);
      expect(age <= grace && age >= -86_400_000).toBe(false);
    }
  });

  check('no kept index loses a descendant, no kept manifest an attachment, no kept attachment its subject', (made) => {
    const gone = deleted(plan(made));
    for (const manifest of made.repository.manifests) {
      if (!gone.has(manifest.digest)) {
        expect(manifest.children.filter((child) => gone.has(child))).toEqual([]);
        expect(subjectsOf(manifest).filter((subject) => gone.has(subject))).toEqual([]);
      } else {
        expect(subjectsOf(manifest).filter((subject) => subject !== manifest.digest && made.repository.manifests.some((other) => other.digest === subject) && !gone.has(subject))).toEqual([]);
      }
    }
  });

  check('no digest with a kept tag goes', (made) => {
    for (const image of plan(made).images) {
      if (image.action === 'delete') expect(image.reasons.filter(({ tag, code }) => tag !== undefined && code in KEEP_REASONS)).toEqual([]);
    }
  });

  check('applying a plan and planning again at the same instant deletes nothing more', (made) => {
    const first = plan(made);
    expect(plan({ ...made, repository: applied(made.repository, first) }).steps).toEqual([]);
  });

  check('the order of the input does not matter', (made) => {
    const { repository } = made;
    const manifests = repository.manifests.toReversed().map((manifest) => ({ ...manifest, tags: manifest.tags.toReversed(), children: manifest.children.toReversed() }));
    expect(JSON.stringify(plan({ ...made, repository: { ...repository, manifests } }))).toBe(JSON.stringify(plan(made)));
  });

  check('nothing goes from a repository that was not read whole', (made) => {
    expect(plan({ ...made, repository: { ...made.repository, complete: false } }).steps).toEqual([]);
  });

  check('unknown never means old: a tagged image goes only by a rule whose times are all known', (made) => {
    const { repository, policy } = made;
    const known = (text: string | undefined): boolean => text !== undefined && Date.parse(text) >= Date.UTC(2000, 0, 1) && Date.parse(text) <= NOW + 86_400_000;
    for (const image of plan(made).images) {
      const manifest = repository.manifests.find((each) => each.digest === image.digest) as Manifest;
      for (const reason of image.reasons.filter(({ code }) => code === 'expired')) {
        const rule = policy.rules.find(({ name }) => name === reason.rule) as PolicySpec['rules'][number];
        const order = rule.order ?? 'pushed';
        const measures = typeof rule.keep === 'object' && (rule.keep.days !== undefined || rule.keep.pulledDays !== undefined);
        const pushed = repository.capabilities.pushedAt ? manifest.pushedAt : manifest.createdAt;
        if (order === 'created') expect(known(manifest.createdAt)).toBe(true);
        else if (order === 'tagged' && repository.capabilities.tagTimes) expect(known(manifest.tagTimes?.[reason.tag as string])).toBe(true);
        else if (isTimeOrder(order) || measures) expect(known(pushed)).toBe(true);
      }
    }
  });
});

describe('asking for more never deletes what was kept before', () => {
  // What the floor alone had saved is set aside: it looks at what the rules leave, so the runs are made without it.
  const never = (before: Case, after: Case): void => {
    const gone = deleted(plan(before));
    expect([...deleted(plan(after))].filter((image) => !gone.has(image))).toEqual([]);
  };
  const withPolicy = (made: Case, change: (policy: PolicySpec) => PolicySpec): Case => ({ ...made, policy: change(made.policy) });
  const floorless = (made: Case): Case => withPolicy(made, (policy) => ({ ...policy, keepAtLeast: 0 }));

  for (const bound of ['last', 'days', 'max'] as const) {
    check(`raising ${bound}`, (made) => {
      const raise = ({ rules, ...policy }: PolicySpec): PolicySpec => ({
        ...policy,
        rules: rules.map((rule) => (typeof rule.keep === 'object' && rule.keep[bound] !== undefined ? { ...rule, keep: { ...rule.keep, [bound]: rule.keep[bound] + 2 } } : rule)),
      });
      never(floorless(made), withPolicy(floorless(made), raise));
    });
  }

  check('raising keepAtLeast', (made) => {
    never(made, withPolicy(made, (policy) => ({ ...policy, keepAtLeast: (policy.keepAtLeast ?? 1) + 1 })));
  });

  for (const entry of [{ tags: ['*1*'] }, { digests: [1, 2, 4, 7].map(digest) }, { labels: { keep: 'true' } }, { signed: true as const }]) {
    check(`protecting ${Object.keys(entry)[0]}`, (made) => {
      never(floorless(made), withPolicy(floorless(made), (policy) => ({ ...policy, protect: [...(policy.protect ?? []), entry] })));
    });
  }

  check('one more image in use', (made) => {
    never(floorless(made), { ...floorless(made), inUse: [...made.inUse, digest(2), digest(204)] });
  });
});

describe('a second reading of the rules', () => {
  check('decides the same for every image', (made) => {
    const theirs = decide(made.repository, [made.policy], [...made.inUse], NOW);
    const ours = plan(made).images;
    fc.pre(!ours.some((image) => isRing(image, made.repository)));
    expect(ours.map(brief)).toEqual(theirs.map(brief));
  });
});

const brief = ({ digest: image, action, untag }: Pick<PlannedImage, 'digest' | 'action' | 'untag'>): string => `${image} ${action} ${untag.join(' ')}`;

/** Untagged manifests that hold each other in a ring: the text says nothing of them. We keep them, the reference does not. */
function isRing(image: PlannedImage, { manifests }: RepositoryInventory): boolean {
  if (image.reasons[0]?.code !== 'no_rule' || image.reasons[0].tag !== undefined) return false;
  const manifest = manifests.find((each) => each.digest === image.digest) as Manifest;
  const present = (subject: string): boolean => subject !== image.digest && manifests.some((each) => each.digest === subject);
  return subjectsOf(manifest).some(present) || manifests.some((other) => other !== manifest && other.children.includes(image.digest));
}
