import { describe, expect, test } from 'vitest';
import type { Manifest } from '../../src/domain/inventory.ts';
import type { PlannedImage, RepositoryPlan } from '../../src/plan/plan.ts';
import { type Reason, DELETE_REASONS, KEEP_REASONS } from '../../src/plan/reason.ts';
import { isTimeOrder } from '../../src/policy/ordering/order.ts';
import type { PolicySpec, RuleSpec } from '../../src/policy/schema.ts';
import { SWEEPING } from '../sweep.ts';
import { type Case, manyCases, NOW, SIGNATURE_STORE } from './arbitraries.ts';
import {
  applied,
  becomesARoot,
  check as checkAmong,
  deletedIn,
  holdersOf,
  holdFor,
  isHeldBy,
  losesItsOther,
  parts,
  planOf,
  policyOf,
  SEED,
} from './planned.ts';
import { type Decision, type TagDecision, decide, readGraph } from './reference.ts';

const LEAST = 1000;
/** Where the run has the time, some more for the invariants that pass some over. */
const cases = manyCases(SWEEPING ? LEAST + 200 : LEAST, SEED);
const check = (name: string, holds: (made: Case) => void): void => checkAmong(name, holds, cases);
/** For invariants that plan each case anew, which is what takes the time. */
const fewer = SWEEPING ? cases : cases.slice(0, 300);
const checkAnew = (name: string, holds: (made: Case) => void): void => checkAmong(name, holds, fewer);

test('there are a thousand cases, and they are not all alike', () => {
  expect(cases.length).toBeGreaterThanOrEqual(LEAST);
  const many = (holds: (made: Case) => boolean): void => expect(cases.filter(holds).length).toBeGreaterThan(15);
  const some = (holds: (plan: RepositoryPlan) => boolean): void => many((made) => planOf(made).repositories.some(holds));
  some((plan) => deletedIn(plan).size > 1);
  some(({ images }) => images.some(({ action }) => action === 'untag'));
  some(({ images }) => images.some(({ action }) => action === 'archive'));
  some(({ steps }) => steps.some((step) => step.op === 'delete-manifest' && step.after.length > 0));
  // Whole stores of signatures, and what is deleted from one.
  some(({ repository, images }) => repository === SIGNATURE_STORE && images.some(({ action }) => action === 'delete'));
  for (const code of Object.keys({ ...KEEP_REASONS, ...DELETE_REASONS }).filter((each) => each !== 'ungoverned' && each !== 'next_run')) {
    const has = (plan: RepositoryPlan): boolean => plan.images.some(({ reasons }) => reasons.some((reason) => reason.code === code));
    expect(cases.filter((made) => planOf(made).repositories.some(has)).length, code).toBeGreaterThan(cases.length / 120);
  }
});

describe('what must always hold', () => {
  let again = 0;

  check('kept, untagged, archived and deleted together are the inventory, each once, each with a reason', (made) => {
    for (const [inventory, { images }] of parts(made)) {
      expect(images.map((image) => image.digest)).toEqual(inventory.manifests.map((manifest) => manifest.digest).toSorted());
      const isReasoned = ({ action, reasons, untag, tags }: PlannedImage): boolean => {
        const codes = reasons.map(({ code }) => code);
        const isRight = action === 'delete' ? codes.every((code) => code in DELETE_REASONS) : codes.some((code) => code in KEEP_REASONS);
        return isRight && codes.length > 0 && untag.length > 0 === (action === 'untag') && untag.every((tag) => tags.includes(tag));
      };
      expect(images.filter((image) => !isReasoned(image))).toEqual([]);
    }
  });

  check('the steps are exactly the deletions and untaggings, holders before what they hold', (made) => {
    for (const [inventory, { images, steps }] of parts(made)) {
      const manifests = steps.flatMap((step) => (step.op === 'delete-manifest' ? [step] : []));
      const tags = steps.flatMap((step) => (step.op === 'delete-tag' ? [`${step.digest} ${step.tag}`] : []));
      const gone = new Set<string>(images.filter(({ action }) => action === 'delete').map((image) => image.digest));
      expect(manifests.map((step) => step.digest).toSorted()).toEqual([...gone].toSorted());
      expect(tags.toSorted()).toEqual(images.flatMap((image) => image.untag.map((tag) => `${image.digest} ${tag}`)).toSorted());
      const holders = holdersOf(inventory);
      const done = new Set<string>();
      const compared = manifests.map((step) => {
        const own = [...(holders.get(step.digest) ?? [])];
        const late = own.filter((holder) => gone.has(holder) && !isHeldBy(holder, step.digest, holders) && !done.has(holder));
        const after = own.filter((holder) => done.has(holder)).toSorted();
        done.add(step.digest);
        return {
          told: { late, after: step.after, tags: Object.keys(step.expect).toSorted() },
          right: { late: [], after, tags: images.find((image) => image.digest === step.digest)?.tags },
        };
      });
      expect(compared.map(({ told }) => told)).toEqual(compared.map(({ right }) => right));
    }
  });

  check('nothing locked, archived, protected, in use or younger than its grace goes, nor an index that holds it', (made) => {
    for (const [inventory, plan] of parts(made)) {
      const policy = policyOf(made, inventory);
      const byDigest = new Map<string, Manifest>(inventory.manifests.map((manifest) => [manifest.digest, manifest]));
      const digestsInUse = made.inUse.images.flatMap<string | undefined>(({ image }) =>
        'digest' in image ? image.digest : (image.reference.digest ?? []),
      );
      const grace = { '0s': 0, '1h': 3_600_000, '1d': 86_400_000, '3d': 259_200_000 }[policy?.grace ?? '1h'] as number;
      const wrong: (readonly [digest: string, why: string])[] = [];
      for (const gone of deletedIn(plan)) {
        const never = (why: string, is: unknown): void => void (is === true && wrong.push([gone, why]));
        const whole = new Set([gone]);
        // A set grows while it is walked: what is added is visited too.
        for (const part of whole) for (const child of byDigest.get(part)?.children ?? []) whole.add(child);
        never(
          'in use',
          digestsInUse.some((used) => used !== undefined && whole.has(used)),
        );
        for (const manifest of [...whole].flatMap((part) => byDigest.get(part) ?? [])) {
          never('in use by its config', digestsInUse.includes(manifest.config));
          never('locked', manifest.locked);
          never('archived', manifest.archived);
          const ages = [
            inventory.capabilities.pushedAt ? manifest.pushedAt : manifest.createdAt,
            manifest.unarchivedAt,
            ...manifest.tags.flatMap((tag) => [manifest.tagTimes?.[tag], manifest.firstSeen?.[tag]]),
          ].map((text) => (text === undefined ? Number.NaN : NOW - Date.parse(text)));
          never(
            'young',
            ages.some((age) => age <= grace && age >= -86_400_000),
          );
          for (const entry of policy?.protect ?? []) {
            never('protected by digest', entry.digests?.includes(manifest.digest));
            never('protected by a label', entry.labels && 'keep' in entry.labels && manifest.labels?.['keep'] === 'true');
            never('protected by a signature', entry.signed && manifest.signed);
            never('protected whole', entry.wholeImage && manifest.tags.includes('x'));
          }
        }
        const { tags, lockedTags } = byDigest.get(gone) as Manifest;
        const protects = (glob: string): boolean => policy?.protect?.some((entry) => entry.tags?.includes(glob)) === true;
        never(
          'locked by a tag',
          tags.some((tag) => lockedTags?.includes(tag)),
        );
        never('protected by "latest"', protects('latest') && tags.includes('latest'));
        never(
          "protected by a signature's tag",
          protects('sha256-*.sig') && tags.some((tag) => tag.startsWith('sha256-') && tag.endsWith('.sig')),
        );
      }
      expect(wrong).toEqual([]);
    }
  });

  check('no image goes by a tag that is in use under one of the names of its repository', (made) => {
    for (const [inventory, plan] of parts(made)) {
      const own = inventory.registry === 'prod' ? 'registry.example.com' : 'other.example.com';
      const names = [`${own}/${inventory.repository}`, ...(inventory.names ?? [])];
      const tags = made.inUse.images.flatMap(({ image }) =>
        'reference' in image &&
        image.reference.digest === undefined &&
        names.includes(`${image.reference.host}/${image.reference.repository}`)
          ? [image.reference.tag ?? 'latest']
          : [],
      );
      const going = plan.images.flatMap(({ tags: its, action, untag }) => (action === 'delete' ? its : untag));
      expect(going.filter((tag) => tags.includes(tag))).toEqual([]);
    }
  });

  check('no kept index loses a descendant, no kept manifest an attachment, no kept attachment its subject', (made) => {
    for (const [inventory, plan] of parts(made)) {
      const gone = deletedIn(plan);
      const { images, childrenOf, subjectsOf } = readGraph(inventory);
      const lost = images.flatMap(({ digest: image }) => {
        const among = (of: ReadonlyMap<string, readonly { readonly digest: string }[]>): string[] =>
          (of.get(image) ?? []).map((each) => each.digest);
        const [children, subjects] = [among(childrenOf), among(subjectsOf)];
        return gone.has(image)
          ? subjects.filter((subject) => !gone.has(subject))
          : [...children, ...subjects].filter((one) => gone.has(one));
      });
      expect(lost).toEqual([]);
    }
  });

  check('no digest with a kept tag goes', (made) => {
    const gone = planOf(made).repositories.flatMap(({ images }) => images.filter(({ action }) => action === 'delete'));
    const reasons = gone.flatMap((image) => image.reasons);
    expect(reasons.filter(({ tag, code }) => tag !== undefined && code in KEEP_REASONS)).toEqual([]);
  });

  checkAnew('applying a plan and planning again at the same instant deletes nothing more', (made) => {
    if (losesItsOther(made) || parts(made).some(([inventory, plan]) => becomesARoot(inventory, plan))) return;
    again += 1;
    expect(planOf(applied(made)).repositories.flatMap(({ steps }) => steps)).toEqual([]);
  });

  test('and enough cases were planned again', () => {
    expect(again).toBeGreaterThanOrEqual(SWEEPING ? LEAST : fewer.length * 0.8);
  });

  checkAnew('the order of the input does not matter', (made) => {
    const repositories = made.repositories.toReversed().map((inventory) => ({
      ...inventory,
      manifests: inventory.manifests
        .toReversed()
        .map((manifest) => ({ ...manifest, tags: manifest.tags.toReversed(), children: manifest.children.toReversed() })),
    }));
    const inUse = { ...made.inUse, images: made.inUse.images.toReversed() };
    expect(JSON.stringify(planOf({ ...made, repositories, inUse }))).toBe(JSON.stringify(planOf(made)));
  });

  checkAnew('nothing goes from a repository that was not read whole', (made) => {
    const repositories = made.repositories.map((inventory) => ({ ...inventory, complete: false, problems: ['a page', 'gone'] }));
    expect(planOf({ ...made, repositories }).repositories.flatMap(({ steps }) => steps)).toEqual([]);
  });

  checkAnew('nothing goes beside a tag that points to nothing, unless the policy ignores it', (made) => {
    const repositories = made.repositories.map((inventory) => ({
      ...inventory,
      complete: false,
      problems: ['gone'],
      danglingTags: [{ tag: 'gone' }],
    }));
    for (const [inventory, { steps }] of parts({ ...made, repositories }))
      if (policyOf(made, inventory)?.danglingTags !== 'ignore') expect(steps).toEqual([]);
  });

  check('a rule, a policy and a protected digest that select nothing are told, and no other', (made) => {
    const told = planOf(made)
      .diagnostics.filter(({ code }) => code === 'nothing_selected')
      .map(({ policy, message }) => `${policy}: ${message}`);
    const tells = (policy: PolicySpec, what: string): boolean =>
      told.some((text) => text.startsWith(`${policy.name}: `) && text.includes(what));
    const decisions = decide(made);
    for (const policy of made.policies) {
      const governed = made.repositories.flatMap((inventory, at) =>
        policyOf(made, inventory) === policy ? [{ inventory, decided: decisions[at] as Decision[] }] : [],
      );
      const selected = new Set(governed.flatMap(({ decided }) => decided.flatMap(({ selectedBy }) => selectedBy)));
      if (governed.length === 0) expect(tells(policy, `policy "${policy.name}"`)).toBe(true);
      else {
        expect(
          policy.rules.map(({ name }) => [name, tells(policy, `rule "${name}" of the policy "${policy.name}" has selected nothing`)]),
        ).toEqual(policy.rules.map(({ name }) => [name, !selected.has(name)]));
        for (const digest of (policy.protect ?? []).flatMap(({ digests = [] }) => digests))
          expect([digest, tells(policy, digest)]).toEqual([
            digest,
            !governed.some(({ decided }) => decided.some((each) => each.digest === digest)),
          ]);
      }
    }
  });

  check('unknown never means old: a tagged image goes only by a rule whose times are all known', (made) => {
    const known = (text: string | undefined): boolean =>
      text !== undefined && Date.parse(text) >= Date.UTC(2000, 0, 1) && Date.parse(text) <= NOW + 86_400_000;
    for (const [inventory, plan] of parts(made)) {
      const { capabilities, manifests } = inventory;
      for (const image of plan.images) {
        const manifest = manifests.find((each) => each.digest === image.digest) as Manifest;
        for (const reason of image.reasons.filter(({ code }) => code === 'expired')) {
          const rule = policyOf(made, inventory)?.rules.find(({ name }) => name === reason.rule);
          const { order = 'pushed', keep } = rule as RuleSpec;
          if (typeof keep === 'string') continue;
          const measures = keep.days !== undefined || keep.pulledDays !== undefined || keep.label !== undefined;
          const pushed = capabilities.pushedAt ? manifest.pushedAt : manifest.createdAt;
          if (order === 'pulled' || order === 'active' || keep.pulledDays !== undefined)
            expect(manifest.pulledAt === undefined || known(manifest.pulledAt)).toBe(true);
          if (order === 'created') expect(known(manifest.createdAt)).toBe(true);
          else if (order === 'tagged' && capabilities.tagTimes && reason.tag !== undefined)
            expect(known(manifest.tagTimes?.[reason.tag])).toBe(true);
          else if (order !== 'pulled' && (isTimeOrder(order) || measures)) expect(known(pushed)).toBe(true);
        }
      }
    }
  });
});

describe('a second reading of the rules', () => {
  check('decides the same for every image, and gives the same rank to every tag', compare);

  // A million decisions take two minutes: .ci/run asks for them.
  const wanted = Number(process.env['REGPRUNE_SWEEP'] ?? 0);
  if (wanted > 0) {
    test(`decides the same, ${wanted} times`, { timeout: 1_800_000 }, () => {
      let decisions = 0;
      for (let round = 1; decisions < wanted; round++) {
        for (const made of manyCases(4000, SEED + round, 32)) {
          // A copy, so that its plan is not kept longer than it is looked at.
          holdFor({ ...made }, compare);
          decisions += made.repositories.reduce((sum, { manifests }) => sum + manifests.length, 0);
        }
      }
    });
  }
});

/** Codes that tell one fact each way: where several hold of an image, the two may name different ones. */
const PROTECTED = new Set([
  'in_use',
  'grace',
  'locked',
  'live',
  'protected_tag',
  'protected_digest',
  'protected_label',
  'protected_signed',
]);
/** Codes of an image that stays whole: a tag may be told by them, or by what its own rule says. */
const WHOLE = new Set([
  'child_of_kept',
  'attached_to_kept',
  'subject_of_kept',
  'archived',
  'keep_newest',
  'repository_floor',
  'incomplete',
  'protected_tag',
]);
/** Codes of the words of one rule: "label" and "older" may be told by any of them. */
const KEPT = new Set(['newest', 'within_days', 'pulled_within']);

function compare(made: Case): void {
  const theirs = decide(made);
  parts(made).forEach(([inventory, ours], at) => {
    const decisions = theirs[at] as Decision[];
    expect(ours.images.map(brief)).toEqual(decisions.map(brief));
    const rules = new Map(policyOf(made, inventory)?.rules.map((rule) => [rule.name, rule]));
    const tags = ours.images.flatMap(({ reasons }, index) =>
      reasons.flatMap((reason) => {
        const { tag = '', rule = '' } = reason;
        const their = decisions[index]?.tags;
        return their && Object.hasOwn(their, tag) ? [bothTold(tag, reason, their[tag] as TagDecision, rules.get(rule))] : [];
      }),
    );
    expect(tags.map(([our]) => our)).toEqual(tags.map(([, their]) => their));
  });
}

/** What the two say of a tag, in words that are the same where they mean the same. */
function bothTold(tag: string, ours: Reason, theirs: TagDecision, rule: RuleSpec | undefined): [ours: string, theirs: string] {
  const keep = typeof rule?.keep === 'object' ? rule.keep : undefined;
  const loose = keep?.label !== undefined || keep?.older !== undefined;
  const whole = WHOLE.has(ours.code) || WHOLE.has(theirs.code);
  const code = (of: string): string => {
    if (whole) return of === 'expired' ? 'expired' : 'stays';
    if (PROTECTED.has(of)) return 'protected';
    return loose && KEPT.has(of) ? 'kept' : of;
  };
  // "all" and "none" need no order, so the ranks there say nothing.
  const told = (of: Reason | TagDecision): string =>
    [tag, code(of.code), ...(keep ? [of.rule, of.group ?? '', `#${of.rank ?? '-'}`] : [])].join(' ');
  return [told(ours), told(theirs)];
}

function brief({ digest, action, untag }: { readonly digest: string; readonly action: string; readonly untag: readonly string[] }): string {
  return `${digest} ${action === 'archive' ? 'keep' : action} ${untag.join(' ')}`;
}
