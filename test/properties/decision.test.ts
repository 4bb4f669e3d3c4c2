import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Manifest, RepositoryInventory } from '../../src/domain/inventory.ts';
import { attachmentTagSubject } from '../../src/domain/tag.ts';
import type { PlannedImage, RepositoryPlan } from '../../src/plan/plan.ts';
import { planRepository } from '../../src/plan/plan-repository.ts';
import { DELETE_REASONS, KEEP_REASONS } from '../../src/plan/reason.ts';
import { compilePolicy } from '../../src/policy/policy.ts';
import { isTimeOrder } from '../../src/policy/ordering/order.ts';
import type { PolicySpec } from '../../src/policy/schema.ts';
import { type Case, decisionCase, digest, NOW } from './arbitraries.ts';
import { decide } from './reference.ts';
import type { Digest } from '../../src/domain/digest.ts';

/**
 * The cases that every invariant is held against: a thousand, and some more for the invariant that passes some over. The same each time, so
 * that a change is what breaks them; SEED looks elsewhere.
 */
const LEAST = 1000;
const SAMPLE = { numRuns: LEAST + 100, seed: Number(process.env['SEED'] ?? 20_261_124) };
const cases = fc.sample(decisionCase, SAMPLE);

const plans = new WeakMap<Case, RepositoryPlan>();

function plan(made: Case): RepositoryPlan {
  const known = plans.get(made) ?? planAnew(made);
  plans.set(made, known);
  return known;
}

function planAnew({ repository, policy, inUse }: Case): RepositoryPlan {
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

function subjectsOf(manifest: Manifest): Digest[] {
  return [
    ...(manifest.subject === undefined ? [] : [manifest.subject]),
    ...manifest.tags.flatMap((tag) => attachmentTagSubject(tag) ?? []),
  ];
}

/** The indexes and subjects of each manifest. */
function holdersOf({ manifests }: RepositoryInventory): Map<string, Set<string>> {
  const holders = new Map(manifests.map((manifest) => [manifest.digest, new Set<string>()]));
  for (const manifest of manifests) {
    for (const child of manifest.children) if (child !== manifest.digest) holders.get(child)?.add(manifest.digest);
    for (const subject of subjectsOf(manifest))
      if (subject !== manifest.digest && holders.has(subject)) holders.get(manifest.digest)?.add(subject);
  }
  return holders;
}

/** True if `holder` is held by `held` in turn, at any depth: the two stand in a ring. */
function isHeldBy(digest: string, held: string, holders: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  const found = new Set([digest]);
  // A set grows while it is walked: what is added is visited too.
  for (const each of found) for (const holder of holders.get(each) ?? []) found.add(holder);
  return found.has(held);
}

/**
 * True if a child loses its index and stays as the subject of an attachment that something else holds: next time it is an untagged image, and takes a rank among
 * these. No registry's own tools make such a thing; the text of the design lets it take the rank, and another image may go for it.
 */
function becomesARoot({ manifests }: RepositoryInventory, made: RepositoryPlan): boolean {
  const gone = deleted(made);
  return made.images.some(
    ({ digest: image, reasons }) =>
      reasons[0]?.code === 'subject_of_kept' && manifests.some((index) => gone.has(index.digest) && index.children.includes(image)),
  );
}

/** Holds an invariant against all cases; when it breaks, they are gone through again to find the smallest that breaks it. */
const check = (name: string, holds: (made: Case) => void): void =>
  test(name, () => {
    try {
      for (const made of cases) holds(made);
    } catch (error) {
      fc.assert(fc.property(decisionCase, holds), SAMPLE);
      throw error;
    }
  });

test('there are a thousand cases, and they are not all alike', () => {
  expect(cases.length).toBeGreaterThanOrEqual(LEAST);
  const many = (holds: (made: Case) => boolean): void => expect(cases.filter(holds).length).toBeGreaterThan(15);
  many((made) => deleted(plan(made)).size > 1);
  many((made) => plan(made).images.some(({ action }) => action === 'untag'));
  many((made) => plan(made).steps.some((step) => step.op === 'delete-manifest' && step.after.length > 0));
  // What is archived has cases of its own: archive.test.ts.
  for (const code of Object.keys({ ...KEEP_REASONS, ...DELETE_REASONS }).filter((code) => code !== 'ungoverned' && code !== 'archived')) {
    expect(
      cases.filter((made) => plan(made).images.some(({ reasons }) => reasons.some((reason) => reason.code === code))).length,
      code,
    ).toBeGreaterThan(10);
  }
});

describe('what must always hold', () => {
  let again = 0;

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
    const gone = deleted(plan(made));
    expect(manifests.map((step) => step.digest).toSorted()).toEqual([...gone].toSorted());
    expect(tags.toSorted()).toEqual(images.flatMap((image) => image.untag.map((tag) => `${image.digest} ${tag}`)).toSorted());
    const holders = holdersOf(made.repository);
    const done = new Set<string>();
    for (const step of manifests) {
      const before = [...(holders.get(step.digest) ?? [])].filter((holder) => gone.has(holder) && !isHeldBy(holder, step.digest, holders));
      expect(before.filter((holder) => !done.has(holder))).toEqual([]);
      expect(step.after).toEqual([...(holders.get(step.digest) ?? [])].filter((holder) => done.has(holder)).toSorted());
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
      manifest.children.some(
        (child) =>
          inUse.includes(child) ||
          (byDigest.has(child) && !seen.includes(child) && holdsInUse(byDigest.get(child) as Manifest, [...seen, child])),
      );
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
        expect(
          subjectsOf(manifest).filter(
            (subject) =>
              subject !== manifest.digest && made.repository.manifests.some((other) => other.digest === subject) && !gone.has(subject),
          ),
        ).toEqual([]);
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
    if (becomesARoot(made.repository, first)) return;
    again += 1;
    expect(plan({ ...made, repository: applied(made.repository, first) }).steps).toEqual([]);
  });

  test('and enough cases were planned again', () => {
    expect(again).toBeGreaterThanOrEqual(LEAST);
  });

  check('the order of the input does not matter', (made) => {
    const { repository } = made;
    const manifests = repository.manifests
      .toReversed()
      .map((manifest) => ({ ...manifest, tags: manifest.tags.toReversed(), children: manifest.children.toReversed() }));
    expect(JSON.stringify(plan({ ...made, repository: { ...repository, manifests } }))).toBe(JSON.stringify(plan(made)));
  });

  check('nothing goes from a repository that was not read whole', (made) => {
    expect(plan({ ...made, repository: { ...made.repository, complete: false } }).steps).toEqual([]);
  });

  check('unknown never means old: a tagged image goes only by a rule whose times are all known', (made) => {
    const { repository, policy } = made;
    const known = (text: string | undefined): boolean =>
      text !== undefined && Date.parse(text) >= Date.UTC(2000, 0, 1) && Date.parse(text) <= NOW + 86_400_000;
    for (const image of plan(made).images) {
      const manifest = repository.manifests.find((each) => each.digest === image.digest) as Manifest;
      for (const reason of image.reasons.filter(({ code }) => code === 'expired')) {
        const rule = policy.rules.find(({ name }) => name === reason.rule) as PolicySpec['rules'][number];
        const order = rule.order ?? 'pushed';
        const measures = typeof rule.keep === 'object' && (rule.keep.days !== undefined || rule.keep.pulledDays !== undefined);
        const pushed = repository.capabilities.pushedAt ? manifest.pushedAt : manifest.createdAt;
        if (order === 'created') expect(known(manifest.createdAt)).toBe(true);
        else if (order === 'tagged' && repository.capabilities.tagTimes)
          expect(known(manifest.tagTimes?.[reason.tag as string])).toBe(true);
        else if (isTimeOrder(order) || measures) expect(known(pushed)).toBe(true);
      }
    }
  });
});

const withPolicy = (made: Case, change: (policy: PolicySpec) => PolicySpec): Case => ({ ...made, policy: change(made.policy) });
const withoutFloor = (policy: PolicySpec): PolicySpec => ({ ...policy, keepAtLeast: 0 });
const floorlessOf = new Map(cases.map((made) => [made, withPolicy(made, withoutFloor)]));
const floorless = (made: Case): Case => floorlessOf.get(made) ?? withPolicy(made, withoutFloor);

describe('on a registry that deletes more than it is told', () => {
  const cascading = (made: Case): Case => ({
    ...made,
    repository: { ...made.repository, capabilities: { ...made.repository.capabilities, cascades: true } },
  });

  /** What goes with what is deleted: children without a tag that are in no index that stays, and attachments; to any depth. */
  function takenAlong({ manifests }: RepositoryInventory, gone: ReadonlySet<string>): string[] {
    const taken = new Set(gone);
    const untagged = (digest: string): boolean => manifests.some((manifest) => manifest.digest === digest && manifest.tags.length === 0);
    // A set grows while it is walked: what is added is visited too.
    for (const digest of taken) {
      for (const child of manifests.find((manifest) => manifest.digest === digest)?.children ?? []) {
        if (
          untagged(child) &&
          !manifests.some((other) => other.digest !== child && !taken.has(other.digest) && other.children.includes(child))
        )
          taken.add(child);
      }
      for (const other of manifests)
        if (other.digest !== digest && subjectsOf(other).some((subject) => subject === digest)) taken.add(other.digest);
    }
    return [...taken].filter((digest) => !gone.has(digest));
  }

  check('nothing that stays is taken along', (made) => {
    expect(takenAlong(made.repository, deleted(plan(cascading(made))))).toEqual([]);
  });

  check('no more goes than on one that does not', (made) => {
    const gone = deleted(plan(floorless(made)));
    expect([...deleted(plan(cascading(floorless(made))))].filter((image) => !gone.has(image))).toEqual([]);
  });

  check('applying and planning again deletes nothing more', (made) => {
    const first = plan(cascading(made));
    if (becomesARoot(made.repository, first)) return;
    expect(plan({ ...made, repository: applied(cascading(made).repository, first) }).steps).toEqual([]);
  });
});

describe('asking for more never deletes what was kept before', () => {
  // What the floor alone had saved is set aside: it looks at what the rules leave, so the runs are made without it.
  const never = (before: Case, after: Case): void => {
    const gone = deleted(plan(before));
    expect([...deleted(plan(after))].filter((image) => !gone.has(image))).toEqual([]);
  };

  for (const bound of ['last', 'days', 'pulledDays', 'max'] as const) {
    check(`raising ${bound}`, (made) => {
      const raise = ({ rules, ...policy }: PolicySpec): PolicySpec => ({
        ...policy,
        rules: rules.map((rule) =>
          typeof rule.keep === 'object' && rule.keep[bound] !== undefined
            ? { ...rule, keep: { ...rule.keep, [bound]: rule.keep[bound] + 2 } }
            : rule,
        ),
      });
      never(floorless(made), withPolicy(floorless(made), raise));
    });
  }

  check('raising keepAtLeast', (made) => {
    never(
      made,
      withPolicy(made, (policy) => ({ ...policy, keepAtLeast: (policy.keepAtLeast ?? 1) + 1 })),
    );
  });

  for (const entry of [{ tags: ['*1*'] }, { digests: [1, 2, 4, 7].map(digest) }, { labels: { keep: 'true' } }, { signed: true as const }]) {
    check(`protecting ${Object.keys(entry)[0]}`, (made) => {
      never(
        floorless(made),
        withPolicy(floorless(made), (policy) => ({ ...policy, protect: [...(policy.protect ?? []), entry] })),
      );
    });
  }

  check('raising grace', (made) => {
    never(
      floorless(made),
      withPolicy(floorless(made), (policy) => ({ ...policy, grace: '5d' })),
    );
  });

  check('one more image in use', (made) => {
    never(floorless(made), { ...floorless(made), inUse: [...made.inUse, digest(2), digest(204)] });
  });
});

describe('a second reading of the rules', () => {
  let compared = 0;

  check('decides the same for every image, and gives the same rank to every tag', (made) => {
    const ours = plan(made).images;
    if (ours.some((image) => isRing(image, made.repository))) return;
    compared += 1;
    const theirs = decide(made.repository, [made.policy], made.inUse, NOW);
    expect(ours.map(brief)).toEqual(theirs.map(brief));
    ours.forEach(({ digest: image, reasons }, index) => {
      const theirTags = new Map(Object.entries(theirs[index]?.tags ?? {}));
      for (const { tag, code, rule, rank, group } of reasons.filter(
        (reason) => reason.tag !== undefined && reason.code !== 'protected_tag' && reason.code !== 'locked',
      )) {
        const their = theirTags.get(tag as string);
        expect({ image, tag, code, rule, rank, group: group ?? '' }).toEqual({
          image,
          tag,
          code: their?.code,
          rule: their?.rule,
          rank: their?.rank,
          group: their?.group ?? '',
        });
      }
    });
  });

  test('enough cases were compared', () => {
    expect(compared).toBeGreaterThanOrEqual(LEAST);
  });
});

const brief = ({ digest: image, action, untag }: Pick<PlannedImage, 'action' | 'untag'> & { readonly digest: string }): string =>
  `${image} ${action} ${untag.join(' ')}`;

/** Untagged manifests that hold each other in a ring: the text says nothing of them. We keep them, the reference does not. */
function isRing(image: PlannedImage, { manifests }: RepositoryInventory): boolean {
  if (image.reasons[0]?.code !== 'no_rule' || image.reasons[0].tag !== undefined) return false;
  const manifest = manifests.find((each) => each.digest === image.digest) as Manifest;
  const present = (subject: string): boolean => subject !== image.digest && manifests.some((each) => each.digest === subject);
  return subjectsOf(manifest).some(present) || manifests.some((other) => other !== manifest && other.children.includes(image.digest));
}
