import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { Capabilities, Manifest, RepositoryInventory } from '../../src/domain/inventory.ts';
import { DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from '../../src/domain/media-types.ts';
import { PolicyFile, type PolicySpec } from '../../src/policy/schema.ts';
import { asDigest } from '../digest.ts';
import type { Digest } from '../../src/domain/digest.ts';

/** The instant at which everything generated is decided. */
export const NOW = Date.UTC(2026, 10, 24, 2);
const HOUR = 3_600_000;

const digests = new Map<number, Digest>();

/** A digest that says nothing of the order in which manifests are made. */
export function digest(index: number): Digest {
  const made = digests.get(index) ?? asDigest(`sha256:${createHash('sha256').update(`manifest ${index}`).digest('hex')}`);
  digests.set(index, made);
  return made;
}

const TAGS = [
  'v1.0.0 v1.0.1 1.0.1 v1.1.0 v1.1.0-rc.1 v2.0.0 2.0.0-beta v2 1.2 v01.2.3',
  'main-abcdef1 main-abcdef2 feature-a-1234567 feature-b-1234567 build-9 build-10 build-010 20261101',
  'latest stable prod-1 prod-2 x y.z _ __proto__ constructor',
].flatMap((line) => line.split(' '));

const ageHours = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 0, max: 24 * 40 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, 24, 48, 72, 168, 240, -1, -12, -24) },
);
const knownTime = ageHours.map((hours) => new Date(NOW - hours * HOUR).toISOString());
const absurdTime = fc.constantFrom(
  '0001-01-01T00:00:00Z',
  '1970-01-01T00:00:00Z',
  '1980-01-01T00:00:01Z',
  '2999-01-01T00:00:00Z',
  'yesterday',
  '',
);
const time = fc.oneof(
  { weight: 18, arbitrary: knownTime },
  { weight: 1, arbitrary: absurdTime },
  { weight: 1, arbitrary: fc.constant(undefined) },
);
const chance = (weight: number): fc.Arbitrary<boolean> => fc.integer({ min: 1, max: 100 }).map((n) => n <= weight);

const capabilities: fc.Arbitrary<Capabilities> = fc
  .record({ deleteTag: chance(75), pushedAt: chance(70), pulledAt: chance(50), tagTimes: chance(50) })
  .map((some) => ({
    ...some,
    listUntagged: true,
    createdAt: true,
    labels: true,
    annotations: true,
    platforms: true,
    artifactType: true,
    vulnerability: true,
  }));

/** What one manifest is made of before it is placed among the others. */
const seed = fc.record({
  kind: fc.constantFrom('image', 'image', 'image', 'image', 'index', 'index', 'attachment', 'attachment'),
  picks: fc.array(fc.nat({ max: 15 }), { minLength: 1, maxLength: 2 }),
  attach: fc.constantFrom('subject', 'subject', '.sig', '.att', '.sbom', ''),
  artifactType: fc.constantFrom(
    undefined,
    'application/vnd.cncf.notary.signature',
    'application/vnd.dev.sigstore.bundle.v0.3+json',
    'application/spdx+json',
  ),
  mediaType: fc.boolean(),
  pushedAt: time,
  createdAt: time,
  pulledAt: time,
  size: fc.integer({ min: 1, max: 2_000_000_000 }),
  label: fc.constantFrom(undefined, undefined, undefined, undefined, undefined, 'true', 'false'),
  locked: chance(1),
  signed: chance(3),
  vulnerability: fc.constantFrom(undefined, 'none' as const, 'low' as const, 'critical' as const),
  platform: fc.constantFrom(undefined, 'linux/amd64', 'linux/arm64'),
  config: fc.nat({ max: 6 }),
  alsoAttached: chance(4),
});
const placedTag = fc.record({ at: fc.nat({ max: 20 }), time, locked: chance(1) });

/** A repository of up to sixteen manifests: indexes (nested too), shared digests, attachments of every kind and depth, locks, absurd times. */
const repository: fc.Arbitrary<RepositoryInventory> = fc
  .tuple(
    capabilities,
    fc.array(seed, { minLength: 1, maxLength: 16, size: 'max' }),
    fc.dictionary(fc.constantFrom(...TAGS), placedTag, { minKeys: 4, maxKeys: 18, noNullPrototype: true }),
    chance(96),
  )
  .map(([capable, seeds, tags, complete]) => {
    const manifests: Manifest[] = seeds.map((made, index) => {
      const { kind } = made;
      // Most picks are earlier manifests (as hashes make it), some are absent; a tag may attach to anything, later ones too.
      const targets = made.picks.map((pick) => digest(pick % (seeds.length + 1) === index ? 99 : pick % (seeds.length + 1)));
      const earlier = made.picks.map((pick) => (index === 0 || pick > 13 ? digest(90 + pick) : digest(pick % index)));
      const own = Object.entries(tags).filter(([, { at }]) => at % seeds.length === index);
      const attaches = kind === 'attachment' || made.alsoAttached;
      const attachmentTags = attaches && made.attach !== 'subject' ? [`sha256-${(targets[0] as string).slice(7)}${made.attach}`] : [];
      return {
        digest: digest(index),
        mediaType: kind === 'index' ? (made.mediaType ? OCI_INDEX : DOCKER_LIST) : made.mediaType ? OCI_MANIFEST : DOCKER_MANIFEST,
        size: made.size,
        tags: [...own.map(([tag]) => tag), ...attachmentTags],
        tagTimes: Object.fromEntries(own.flatMap(([tag, { time: at }]) => (at === undefined ? [] : [[tag, at]]))),
        ...(made.pushedAt !== undefined && { pushedAt: made.pushedAt }),
        ...(made.createdAt !== undefined && { createdAt: made.createdAt }),
        ...(made.pulledAt !== undefined && { pulledAt: made.pulledAt }),
        ...(kind !== 'index' && { config: digest(200 + made.config) }),
        children: kind === 'index' ? [...new Set(earlier)] : [],
        ...(attaches && made.attach === 'subject' && { subject: earlier[0] as Digest }),
        ...(made.artifactType !== undefined && kind === 'attachment' && { artifactType: made.artifactType }),
        ...(made.label !== undefined && { labels: { keep: made.label } }),
        ...(made.platform !== undefined && { platforms: [made.platform] }),
        blobs: [{ digest: digest(200 + made.config), size: 10 + made.config }],
        ...(made.locked && { locked: true }),
        lockedTags: own.filter(([, { locked }]) => locked).map(([tag]) => tag),
        ...(made.signed && { signed: true }),
        ...(made.vulnerability !== undefined && { vulnerability: made.vulnerability }),
      };
    });
    return {
      registry: 'prod',
      type: 'oci',
      repository: 'team/app',
      complete,
      capabilities: capable,
      manifests: withoutDoubleTags(manifests),
    };
  });

/** A tag points to one manifest: of two that drew the same attachment tag, the first has it. */
function withoutDoubleTags(manifests: readonly Manifest[]): Manifest[] {
  const seen = new Set<string>();
  return manifests.map((manifest) => ({ ...manifest, tags: manifest.tags.filter((tag) => !seen.has(tag) && seen.add(tag)) }));
}

const bound = fc.integer({ min: 0, max: 3 });
const dayBound = fc.integer({ min: 0, max: 8 });

function keepFor(pulls: boolean): fc.Arbitrary<PolicySpec['rules'][number]['keep']> {
  const words = fc.constantFrom('all' as const, 'none' as const);
  const bounds = fc
    .record({ last: bound, days: dayBound, pulledDays: pulls ? dayBound : fc.constant(undefined), max: bound }, { requiredKeys: [] })
    .map((keep) => Object.fromEntries(Object.entries(keep).filter(([, value]) => value !== undefined)))
    .filter((keep) => Object.keys(keep).length > 0);
  return fc.oneof({ weight: 1, arbitrary: words }, { weight: 6, arbitrary: bounds });
}

function ruleFor(pulls: boolean): fc.Arbitrary<Omit<PolicySpec['rules'][number], 'name'>> {
  const order = fc.constantFrom(
    undefined,
    'pushed' as const,
    'created' as const,
    'tagged' as const,
    'semver' as const,
    'numeric' as const,
    'alphabetical' as const,
  );
  const tags = fc.constantFrom<{ tags?: PolicySpec['rules'][number]['tags']; per?: string }>(
    ...Array.from({ length: 8 }, () => ({ tags: ['**'] })),
    { tags: ['**', '!latest', '!prod-*'] },
    { tags: ['v*'] },
    { tags: ['v*', '[0-9]*'], per: 'minor' },
    { tags: ['v*'], per: 'major' },
    { tags: { regex: '(?<branch>.+)-[0-9a-f]{7}' }, per: 'branch' },
    { tags: { regex: '(?<all>v?[0-9.]+)(?<rest>-.+)?' }, per: 'rest' },
    { tags: { include: ['*'], exclude: ['v2*'], semver: '>=1.0.1 <2.0.0' } },
    { tags: { semver: '>=2.0.0-alpha' } },
    { tags: ['build-*', '{x,y*}'] },
    {},
  );
  const besides = fc.constantFrom<Partial<PolicySpec['rules'][number]>>(
    ...Array.from({ length: 16 }, () => ({})),
    { labels: { keep: 'true' } },
    { signed: true },
    { signed: false },
    { largerThan: '1GB' },
    { platforms: ['linux/*'] },
    { mediaTypes: ['application/vnd.oci.**'] },
    { artifactTypes: ['application/spdx+json'] },
  );
  const clean = <T extends object>(rule: T): T => Object.fromEntries(Object.entries(rule).filter(([, value]) => value !== undefined)) as T;
  const tagged = fc
    .tuple(tags, besides, order, keepFor(pulls))
    .map(([what, more, by, keep]) => clean({ ...what, ...more, order: by, keep }));
  const bare = fc
    .tuple(
      fc.constantFrom({ untagged: true as const }, { orphaned: true as const }),
      besides,
      fc.constantFrom(undefined, 'pushed' as const, 'created' as const),
      keepFor(pulls),
    )
    .map(([what, more, by, keep]) => clean({ ...what, ...more, order: by, keep }));
  return fc.oneof({ weight: 3, arbitrary: tagged }, { weight: 1, arbitrary: bare });
}

/** The rules of a policy: a few of every kind, and often, as people write them, one at the end for whatever is left. */
function rulesFor(pulls: boolean): fc.Arbitrary<PolicySpec['rules']> {
  const rest = (
    selector: Partial<PolicySpec['rules'][number]>,
    percent: number,
  ): fc.Arbitrary<Omit<PolicySpec['rules'][number], 'name'>[]> =>
    fc.tuple(chance(percent), keepFor(pulls)).map(([is, keep]) => (is ? [{ ...selector, keep }] : []));
  return fc
    .tuple(
      fc.array(ruleFor(pulls), { maxLength: 3, size: 'max' }),
      rest({ tags: ['**'] }, 60),
      rest({ untagged: true }, 60),
      rest({ orphaned: true }, 40),
    )
    .map((lists) => lists.flat().map((rule, index) => ({ name: `rule ${index}`, ...rule })))
    .filter((rules) => rules.length > 0);
}

/** A policy that a registry can answer, which may record pulls or not; run through the schema, as every policy is. */
function policyFor(pulls: boolean): fc.Arbitrary<PolicySpec> {
  return fc
    .record({
      keepAtLeast: fc.constantFrom(0, 0, 1, 1, 2, 3),
      grace: fc.constantFrom('0s', '0s', '0s', '1h', '1h', '1h', '1d', '3d'),
      sharedTags: fc.constantFrom('untag' as const, 'keep' as const),
      protect: fc.array(
        fc.constantFrom<NonNullable<PolicySpec['protect']>[number]>(
          { tags: ['latest', 'stable', 'prod-*'] },
          { tags: ['v1.1.0'] },
          { digests: [digest(0), digest(3)] },
          { labels: { keep: 'true' } },
          { signed: true },
        ),
        { maxLength: 2, size: 'small' },
      ),
      rules: rulesFor(pulls),
    })
    .map((policy) => ({ name: 'generated', ...policy }))
    .filter((policy) => PolicyFile.safeParse({ version: 1, policies: [policy] }).success);
}

const policies = { pulls: policyFor(true), noPulls: policyFor(false) };

/** Everything that a decision depends on. */
export interface Case {
  readonly repository: RepositoryInventory;
  readonly policy: PolicySpec;
  /** Digests in use: of manifests, of configs, of nothing here. */
  readonly inUse: readonly Digest[];
}

export const decisionCase: fc.Arbitrary<Case> = repository.chain((made) =>
  fc.record({
    repository: fc.constant(made),
    policy: made.capabilities.pulledAt ? policies.pulls : policies.noPulls,
    inUse: fc.oneof(
      { weight: 4, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(fc.constantFrom(...[0, 1, 2, 5, 8, 90, 103, 200, 203].map(digest)), { maxLength: 2 }) },
    ),
  }),
);
