import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { Digest } from '../../src/domain/digest.ts';
import type { InUse, InUseImage } from '../../src/domain/in-use.ts';
import type { Capabilities, FindingGroup, Manifest, RepositoryInventory } from '../../src/domain/inventory.ts';
import { DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from '../../src/domain/media-types.ts';
import { PolicyFile, type PolicySpec } from '../../src/policy/schema.ts';
import type { Run } from './reference.ts';

/** The instant at which everything generated is decided. */
export const NOW = Date.UTC(2026, 10, 24, 2);
const HOUR = 3_600_000;

const digests = new Map<number, Digest>();

/** A digest that says nothing of the order in which manifests are made; every tenth is a sha512. */
export function digest(index: number): Digest {
  const algorithm = index % 10 === 9 ? 'sha512' : 'sha256';
  const made = digests.get(index) ?? (`${algorithm}:${createHash(algorithm).update(`manifest ${index}`).digest('hex')}` as Digest);
  digests.set(index, made);
  return made;
}

/** The tag that names a digest, with what follows: of a sha512 digest the first 64 digits. */
function digestTag(of: string, suffix = ''): string {
  return `${of.replace(':', '-').slice(0, 71)}${suffix}`;
}

const TAGS = [
  'v1.0.0 v1.0.1 1.0.1 v1.1.0 v1.1.0-rc.1 v2.0.0 2.0.0-beta v2 1.2 v01.2.3 1.0.1_build1 1.0.1_build2',
  'main-abcdef1 main-abcdef2 feature-a-1234567 feature-a-7654321 feature-b-1234567 old-1234567 Feature_X-1234567',
  'build-9 build-10 build-010 20261101 latest stable prod-1 prod-2 x y.z _ __proto__ constructor',
].flatMap((line) => line.split(' '));

/** Names that a list of live branches may hold: as the capture is written, and as CI systems shorten it. */
const BRANCHES = ['main', 'feature/a', 'feature-b', 'feature/X', 'elsewhere'];

const ageHours = fc.oneof(
  { weight: 14, arbitrary: fc.integer({ min: 0, max: 24 * 40 }) },
  // Whole days, so that many are equal and stand at a bound.
  { weight: 14, arbitrary: fc.integer({ min: 1, max: 12 }).map((days) => 24 * days) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, -1, -12, -24) },
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
const chance = (percent: number): fc.Arbitrary<boolean> => fc.integer({ min: 1, max: 100 }).map((n) => n <= percent);

const capabilities: fc.Arbitrary<Capabilities> = fc
  .record({
    deleteTag: chance(75),
    pushedAt: chance(70),
    pulledAt: chance(50),
    tagTimes: chance(50),
    archive: chance(25),
    cascades: chance(25),
  })
  .map((some) => ({
    ...some,
    listUntagged: true,
    createdAt: true,
    labels: true,
    annotations: true,
    platforms: true,
    artifactType: true,
    vulnerability: true,
    fixable: true,
    findingTimes: true,
    attachments: true,
  }));

/** What one manifest is made of before it is placed among the others. */
const seed = fc.record({
  kind: fc.constantFrom('image', 'image', 'image', 'image', 'index', 'index', 'attachment', 'attachment', 'fallback'),
  picks: fc.array(fc.nat({ max: 15 }), { minLength: 1, maxLength: 2 }),
  attach: fc.constantFrom('subject', 'subject', 'subject', '.sig', '.sig', '.att', '.sbom', '', '.src', '.vex', '.imgpkg'),
  /** A tag that names a digest without attaching anything: its own, or one that nothing has. */
  digestTag: fc.constantFrom(...Array.from({ length: 20 }, () => ''), 'own', 'own.sig', 'nothing', 'nothing.src', 'somewhere.src'),
  artifactType: fc.constantFrom(
    undefined,
    'application/vnd.cncf.notary.signature',
    'application/vnd.dev.sigstore.bundle.v0.3+json',
    'application/spdx+json',
    'application/vnd.cncf.helm.config.v1+json',
  ),
  mediaType: fc.boolean(),
  pushedAt: time,
  createdAt: time,
  pulledAt: fc.oneof({ weight: 2, arbitrary: time }, { weight: 1, arbitrary: fc.constant(undefined) }),
  unarchivedAt: fc.oneof({ weight: 12, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: time }),
  firstSeen: fc.oneof({ weight: 12, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: time }),
  size: fc.integer({ min: 1, max: 2_000_000_000 }),
  label: fc.constantFrom<Readonly<Record<string, string>> | undefined>(
    ...Array.from({ length: 8 }, () => undefined),
    { keep: 'true' },
    { keep: 'false' },
    { expires: '3d' },
    { expires: '1w' },
    { expires: '12h' },
    { expires: 'soon' },
    { team: 'a/b', expires: '2d' },
  ),
  locked: chance(1),
  lockedAttachment: chance(2),
  signed: chance(3),
  archived: chance(12),
  vulnerability: fc.constantFrom(undefined, 'none' as const, 'low' as const, 'critical' as const),
  finding: fc.option(
    fc.record({
      severity: fc.constantFrom('low' as const, 'critical' as const),
      fixable: fc.constantFrom(undefined, true, false),
      since: time,
    }),
    { nil: undefined, freq: 3 },
  ),
  platform: fc.constantFrom(undefined, 'linux/amd64', 'linux/arm64'),
  config: fc.nat({ max: 6 }),
  alsoAttached: chance(4),
});
type Seed = typeof seed extends fc.Arbitrary<infer Made> ? Made : never;
const placedTag = fc.record({ at: fc.nat({ max: 20 }), time, locked: chance(1) });
type PlacedTag = typeof placedTag extends fc.Arbitrary<infer Made> ? Made : never;

/** The repository that holds the signatures of the others. */
export const SIGNATURE_STORE = 'team/signatures';

/** Where manifests are placed: their digests begin at `from`; what a store or a neighbour attaches may belong to the first repository. */
interface Place {
  readonly from: number;
  readonly attachesElsewhere: boolean;
  readonly capable: Capabilities;
}

/** Indexes (nested too), shared digests, attachments of every kind and depth, locks, absurd times. */
function placeManifests(
  seeds: readonly Seed[],
  tags: Readonly<Record<string, PlacedTag>>,
  { from, attachesElsewhere, capable }: Place,
): Manifest[] {
  const attachments = seeds.flatMap(({ kind }, index) => (kind === 'attachment' ? [index] : []));
  const placed = seeds.map((made, index): Manifest => {
    const { kind } = made;
    const absent = digest(90 + (made.picks[0] as number));
    // Most picks are earlier manifests (as hashes make it), some are absent; a tag may attach to anything, later ones too.
    const pickAny = (pick: number): Digest =>
      attachesElsewhere && pick % 3 > 0
        ? digest(pick)
        : pick % (seeds.length + 1) === index
          ? digest(99)
          : digest(from + (pick % (seeds.length + 1)));
    const pickEarlier = (pick: number): Digest => (index === 0 || pick > 13 ? digest(90 + pick) : digest(from + (pick % index)));
    const before = attachments.filter((at) => at < index);
    const listed = made.picks.map((pick) =>
      kind === 'fallback' && before.length > 0 && pick < 14 ? digest(from + (before[pick % before.length] as number)) : pickEarlier(pick),
    );
    const own = Object.entries(tags).filter(([, { at }]) => at % seeds.length === index);
    const attaches = kind === 'attachment' || made.alsoAttached;
    const target = pickAny(made.picks[0] as number);
    const attachmentTags = [
      ...(kind === 'fallback' ? [digestTag(target)] : []),
      ...(attaches && made.attach !== 'subject' ? [digestTag(target, made.attach)] : []),
    ];
    const [whose, suffix = ''] = made.digestTag.split('.');
    const named = { own: digest(from + index), nothing: absent, somewhere: digest(made.picks[0] as number) }[whose as string];
    const digestTags = named === undefined ? [] : [digestTag(named, suffix && `.${suffix}`)];
    const isIndex = kind === 'index' || kind === 'fallback';
    const [subject] = made.picks.map((pick) => (attachesElsewhere && pick % 3 > 0 ? digest(pick) : pickEarlier(pick)));
    const ownTags = [...own.map(([tag]) => tag), ...digestTags];
    return {
      digest: digest(from + index),
      mediaType: isIndex ? (made.mediaType ? OCI_INDEX : DOCKER_LIST) : made.mediaType ? OCI_MANIFEST : DOCKER_MANIFEST,
      size: made.size,
      tags: [...ownTags, ...attachmentTags],
      ...(capable.tagTimes && {
        tagTimes: Object.fromEntries([
          ...own.flatMap(([tag, { time: at }]) => (at === undefined ? [] : [[tag, at] as const])),
          ...attachmentTags.flatMap((tag) => (made.createdAt === undefined ? [] : [[tag, made.createdAt] as const])),
        ]),
      }),
      ...(made.pushedAt !== undefined && { pushedAt: made.pushedAt }),
      ...(made.createdAt !== undefined && { createdAt: made.createdAt }),
      ...(capable.pulledAt && made.pulledAt !== undefined && { pulledAt: made.pulledAt }),
      ...(made.unarchivedAt !== undefined && { unarchivedAt: made.unarchivedAt }),
      ...(made.firstSeen !== undefined && ownTags.length > 0 && { firstSeen: { [ownTags[0] as string]: made.firstSeen } }),
      ...(!isIndex && { config: digest(200 + made.config) }),
      children: isIndex ? [...new Set(listed)] : [],
      ...(attaches && made.attach === 'subject' && { subject: subject as Digest }),
      ...(made.artifactType !== undefined && kind === 'attachment' && { artifactType: made.artifactType }),
      ...(made.label !== undefined && { labels: made.label }),
      ...(made.platform !== undefined && { platforms: [made.platform] }),
      blobs: [{ digest: digest(200 + made.config), size: 10 + made.config }],
      ...(made.locked && { locked: true }),
      ...(capable.archive === true && made.archived && { archived: true }),
      lockedTags: [...own.filter(([, { locked }]) => locked).map(([tag]) => tag), ...(made.lockedAttachment ? attachmentTags : [])],
      ...(made.signed && { signed: true }),
      ...(made.vulnerability !== undefined && { vulnerability: made.vulnerability }),
      ...(made.finding && { findings: [findingOf(made.finding)] }),
    };
  });
  return withoutDoubleTags(placed);
}

function findingOf({ severity, fixable, since }: NonNullable<Seed['finding']>): FindingGroup {
  return { severity, count: 1, ...(fixable !== undefined && { fixable }), ...(since !== undefined && { since }) };
}

/** A tag points to one manifest: of two that drew the same digest tag, the first has it. */
function withoutDoubleTags(manifests: readonly Manifest[]): Manifest[] {
  const seen = new Set<string>();
  return manifests.map((manifest) => ({ ...manifest, tags: manifest.tags.filter((tag) => !seen.has(tag) && seen.add(tag)) }));
}

/** Of up to sixteen manifests in the first repository of a run, and of fewer in those beside it. */
function contents(most: number): fc.Arbitrary<{ seeds: Seed[]; tags: Record<string, PlacedTag>; complete: boolean; dangling: boolean }> {
  return fc.record({
    seeds: fc.array(seed, { minLength: 1, maxLength: most, size: 'max' }),
    tags: fc.dictionary(fc.constantFrom(...TAGS), placedTag, { minKeys: 4, maxKeys: 18, noNullPrototype: true }),
    complete: chance(96),
    dangling: chance(3),
  });
}

/** The repositories of a run: one, or with it a neighbour, a store of signatures, and one of the same name in another registry. */
const repositories: fc.Arbitrary<RepositoryInventory[]> = fc
  .record({
    capable: capabilities,
    app: contents(16),
    neighbour: fc.option(contents(7), { freq: 2 }),
    store: fc.option(contents(6), { freq: 2 }),
    twin: fc.option(contents(5), { freq: 1 }),
    alias: chance(30),
  })
  .map(({ capable, app, neighbour, store, twin, alias }) => {
    const made = (
      registry: string,
      repository: string,
      { seeds, tags, complete, dangling }: typeof app,
      from: number,
      attachesElsewhere: boolean,
    ): RepositoryInventory => ({
      registry,
      type: 'oci',
      repository,
      ...(alias && repository === 'team/app' && registry === 'prod' && { names: ['alias.example.com/mirror/app'] }),
      complete: complete && !dangling,
      ...((!complete || dangling) && { problems: [...(complete ? [] : ['a page']), ...(dangling ? ['gone'] : [])] }),
      ...(dangling && { danglingTags: [{ tag: 'gone' }] }),
      capabilities: capable,
      manifests: placeManifests(seeds, tags, { from, attachesElsewhere, capable }),
    });
    // A store has no image at all, but for now and then one with a tag of its own.
    const stored = (of: typeof app): typeof app => ({
      ...of,
      seeds: of.seeds.map((each) => ({
        ...each,
        kind: each.kind === 'index' ? ('fallback' as const) : ('attachment' as const),
        digestTag: '',
      })),
      tags: of.dangling ? of.tags : {},
    });
    return [
      made('prod', 'team/app', app, 0, false),
      ...(neighbour ? [made('prod', 'team/web', neighbour, 30, true)] : []),
      ...(store ? [made('prod', SIGNATURE_STORE, stored(store), 60, true)] : []),
      ...(twin ? [made('other', 'team/app', twin, 40, false)] : []),
    ];
  });

type Rule = Omit<PolicySpec['rules'][number], 'name'>;
type Keep = Rule['keep'];

const bound = fc.integer({ min: 0, max: 3 });
const dayBound = fc.integer({ min: 0, max: 8 });
const maybe = <Value>(percent: number, value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.tuple(chance(percent), value).map(([is, made]) => (is ? made : undefined));
const clean = <Made extends object>(made: Made): Made =>
  Object.fromEntries(Object.entries(made).filter(([, value]) => value !== undefined)) as Made;

/** Bounds that say something: see what section 3 refuses. */
function keepFor(pulls: boolean, groups: boolean): fc.Arbitrary<Keep> {
  const words = fc.constantFrom('all' as const, 'none' as const);
  const bounds = fc
    .record({
      last: maybe(50, bound),
      days: maybe(50, dayBound),
      pulledDays: maybe(pulls ? 40 : 0, dayBound),
      max: maybe(40, bound),
      label: maybe(12, fc.constant('expires')),
      older: maybe(25, bound),
      groups: maybe(groups ? 50 : 0, bound),
      maxGroups: maybe(groups ? 30 : 0, bound),
    })
    .map((keep) => {
      const measures = keep.days !== undefined || keep.pulledDays !== undefined;
      return clean({
        ...keep,
        max: keep.last !== undefined && !measures ? undefined : keep.max,
        older: keep.days === undefined ? undefined : keep.older,
        groups: keep.last === undefined && keep.max === undefined ? undefined : keep.groups,
        maxGroups: measures || keep.label !== undefined ? keep.maxGroups : undefined,
      });
    })
    .filter((keep) => Object.keys(keep).length > 0);
  return fc.oneof({ weight: 1, arbitrary: words }, { weight: 6, arbitrary: bounds });
}

const besides = fc.constantFrom<Partial<Rule>>(
  ...Array.from({ length: 16 }, () => ({})),
  { labels: { keep: 'true' } },
  { labels: { expires: '*' } },
  { labels: { team: 'a*' } },
  { signed: true },
  { signed: false },
  { largerThan: '1GB' },
  { platforms: ['linux/*'] },
  { mediaTypes: ['application/vnd.oci.**'] },
  { artifactTypes: ['application/spdx+json'] },
  { unsigned: true },
  { unscanned: true },
  { vulnerabilities: { atLeast: 'critical' } },
  { vulnerabilities: { atLeast: 'low', fixable: true, olderThan: '2d' } },
);

function taggedRule(pulls: boolean): fc.Arbitrary<Rule> {
  const order = fc.constantFrom<Rule['order']>(
    ...([undefined, 'pushed', 'created', 'tagged', 'semver', 'numeric', 'alphabetical'] as const),
    ...(pulls ? (['pulled', 'active'] as const) : []),
  );
  const tags = fc.constantFrom<Partial<Rule>>(
    ...Array.from({ length: 8 }, () => ({ tags: ['**'] })),
    { tags: ['**', '!latest', '!prod-*'] },
    { tags: ['v*'] },
    { tags: ['v*', '[0-9]*'], per: 'minor' },
    { tags: ['v*'], per: 'major' },
    { tags: { regex: '(?<branch>.+)-[0-9a-f]{7}' }, per: 'branch' },
    { tags: { regex: '(?<branch>.+)-[0-9a-f]{7}' }, per: 'branch', live: { branch: 'branches' } },
    { tags: { regex: '(?<branch>.+)-[0-9a-f]{7}' }, live: { branch: 'branches' } },
    { tags: { regex: '(?<branch>.+)-[0-9a-f]{7}' }, per: 'branch', gone: { branch: 'branches' } },
    { tags: { regex: '(?<all>v?[0-9.]+)(?<rest>-.+)?' }, per: 'rest' },
    { tags: { include: ['*'], exclude: ['v2*'], semver: '>=1.0.1 <2.0.0' } },
    { tags: { semver: '>=2.0.0-alpha' } },
    { tags: ['build-*', '{x,y*}'] },
    { tags: ['sha256-*', 'v1*'] },
    {},
  );
  const keeps = { plain: keepFor(pulls, false), grouped: keepFor(pulls, true) };
  return fc
    .record({ what: tags, more: besides, order, plain: keeps.plain, grouped: keeps.grouped, too: chance(15) })
    .map(({ what, more, order: by, plain, grouped, too }) => {
      const captures = what.per === 'branch' || what.per === 'rest';
      const timed = by === undefined || ['pushed', 'created', 'tagged', 'pulled', 'active'].includes(by);
      const untagged = too && timed && what.per === undefined && what.tags !== undefined ? ('too' as const) : undefined;
      return clean({ ...what, ...more, order: by, untagged, keep: captures ? grouped : plain });
    });
}

function bareRule(pulls: boolean): fc.Arbitrary<Rule> {
  const what = fc.constantFrom<Partial<Rule>>(
    { untagged: true },
    { untagged: true },
    { orphaned: true },
    { orphaned: { subjectsIn: ['team/app'] } },
    { orphaned: { subjectsIn: ['team/**'] } },
    { orphaned: { subjectsIn: ['team/elsewhere'] } },
  );
  const order = fc.constantFrom<Rule['order']>(undefined, 'pushed', 'created', ...(pulls ? (['pulled', 'active'] as const) : []));
  return fc
    .record({ what, more: besides, order, keep: keepFor(pulls, false) })
    .map(({ what: selects, more, order: by, keep }) => clean({ ...selects, ...more, order: by, keep }));
}

/** Leaves out what an earlier rule takes everything of, which is refused. */
function reachable(rules: readonly Rule[]): Rule[] {
  const SELECTORS = [
    'labels',
    'annotations',
    'mediaTypes',
    'artifactTypes',
    'platforms',
    'largerThan',
    'signed',
    'unsigned',
    'unscanned',
    'vulnerabilities',
  ];
  const kinds = (rule: Rule): string[] =>
    rule.orphaned !== undefined
      ? ['orphaned']
      : rule.untagged === true
        ? ['untagged']
        : rule.untagged === 'too'
          ? ['tagged', 'untagged']
          : ['tagged'];
  const taken = new Set<string>();
  return rules.filter((rule) => {
    const isLeft =
      kinds(rule).some((kind) => !taken.has(kind)) && !(rule.untagged === 'too' && kinds(rule).some((kind) => taken.has(kind)));
    const takesAll = SELECTORS.every((key) => !Object.hasOwn(rule, key));
    const everyTag = Array.isArray(rule.tags) && rule.tags.length === 1 && rule.tags[0] === '**';
    if (isLeft && takesAll) for (const kind of kinds(rule)) if (kind !== 'tagged' || everyTag) taken.add(kind);
    return isLeft;
  });
}

/** The rules of a policy: a few of every kind, and often, as people write them, one at the end for whatever is left. */
function rulesFor(pulls: boolean, archives: boolean): fc.Arbitrary<PolicySpec['rules']> {
  const rest = (selector: Partial<Rule>, percent: number): fc.Arbitrary<Rule[]> =>
    fc.tuple(chance(percent), keepFor(pulls, false)).map(([is, keep]) => (is ? [{ ...selector, keep }] : []));
  const some = fc.oneof({ weight: 3, arbitrary: taggedRule(pulls) }, { weight: 1, arbitrary: bareRule(pulls) });
  return fc
    .record({
      some: fc.array(some, { maxLength: 3, size: 'max' }),
      tagged: rest({ tags: ['**'] }, 60),
      untagged: rest({ untagged: true }, 60),
      orphaned: rest({ orphaned: true }, 40),
      archived: fc.array(chance(archives ? 30 : 0), { minLength: 6, maxLength: 6 }),
    })
    .map(({ some: first, tagged, untagged, orphaned, archived }) =>
      reachable([...first, ...tagged, ...untagged, ...orphaned]).map((rule, index) => ({
        name: `rule ${index}`,
        ...rule,
        ...(archived[index] && rule.orphaned === undefined && { action: 'archive' as const }),
      })),
    )
    .filter((rules) => rules.length > 0);
}

/** A policy that a registry can answer, which may record pulls and have an archive; run through the schema, as every policy is. */
function policyFor(name: string, pulls: boolean, archives: boolean): fc.Arbitrary<PolicySpec> {
  const entry = fc.constantFrom<NonNullable<PolicySpec['protect']>[number]>(
    { tags: ['latest', 'stable', 'prod-*'] },
    { tags: ['v*', '!v2*'] },
    { tags: ['feature-*', 'main-*', 'build-9'] },
    { tags: ['prod-*', 'x'], wholeImage: true },
    { tags: ['sha256-*.sig', '!*.att'] },
    { digests: [digest(0), digest(3)] },
    { labels: { keep: 'true' } },
    { labels: { expires: '*d' } },
    { signed: true },
  );
  return fc
    .record({
      keepAtLeast: fc.constantFrom(0, 0, 1, 1, 2, 3),
      keepNewest: fc.constantFrom(undefined, undefined, undefined, 0, 1, 2),
      grace: fc.constantFrom('0s', '0s', '0s', '0s', '0s', '1h', '1h', '1h', '1d', '3d'),
      sharedTags: fc.constantFrom('untag' as const, 'keep' as const),
      danglingTags: fc.constantFrom(undefined, 'block' as const, 'ignore' as const),
      signaturesIn: fc.constantFrom<string[] | undefined>(
        undefined,
        undefined,
        [SIGNATURE_STORE],
        ['team/s*', '!team/app'],
        ['team/elsewhere'],
      ),
      protect: fc.array(entry, { maxLength: 2, size: 'small' }),
      rules: rulesFor(pulls, archives),
    })
    .map((policy) => clean({ name, ...policy }))
    .filter((policy) => PolicyFile.safeParse({ version: 1, policies: [policy] }).success);
}

/** The policies of a run: one for everything, or before it one for the store of signatures alone. */
function policiesFor(pulls: boolean, archives: boolean): fc.Arbitrary<PolicySpec[]> {
  return fc
    .record({ general: policyFor('general', pulls, archives), store: policyFor('store', pulls, archives), apart: chance(30) })
    .map(({ general, store, apart }) => (apart ? [{ ...store, repositories: [SIGNATURE_STORE] }, general] : [general]));
}

const policies = [false, true].map((pulls) => [false, true].map((archives) => policiesFor(pulls, archives)));

const HOSTS = { prod: ['registry.example.com'], other: ['other.example.com'] };

const used: fc.Arbitrary<InUseImage> = fc
  .record({
    by: fc.constantFrom('digest', 'tag', 'tag', 'tag at a digest'),
    digest: fc.constantFrom(...[0, 1, 2, 5, 8, 9, 31, 42, 90, 103, 200, 203].map(digest)),
    host: fc.constantFrom('registry.example.com', 'registry.example.com', 'alias.example.com', 'other.example.com', 'unknown.example.com'),
    path: fc.constantFrom('team/app', 'team/app', 'mirror/app', 'team/web'),
    tag: fc.constantFrom(undefined, ...TAGS.slice(0, 24)),
  })
  .map(({ by, digest: image, host, path, tag }) => {
    if (by === 'digest') return { image: { digest: image }, source: 'generated' };
    const reference = { host, repository: path, text: `${host}/${path}`, ...(tag !== undefined && { tag }) };
    return { image: { reference: by === 'tag' ? reference : { ...reference, digest: image } }, source: 'generated' };
  });

const inUse: fc.Arbitrary<InUse> = fc
  .oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(used, { minLength: 1, maxLength: 3 }) })
  .map((images) => ({ images, problems: [], hosts: HOSTS }));

/** A run with everything that a decision depends on. */
export type Case = Run;

/** Many cases at little cost: each inventory is decided by `each` policies. */
export function manyCases(count: number, seed: number, each = 8): Case[] {
  const inventories = fc.sample(repositories, { numRuns: Math.ceil(count / each), seed });
  const pools = policies.map((byArchive) => byArchive.map((arbitrary) => fc.sample(arbitrary, { numRuns: Math.ceil(count / each), seed })));
  const uses = fc.sample(inUse, { numRuns: count, seed });
  const branches = fc.sample(fc.subarray(BRANCHES), { numRuns: 20, seed });
  return Array.from({ length: count }, (_, index) => {
    const made = inventories[Math.floor(index / each)] as RepositoryInventory[];
    const { pulledAt, archive } = (made[0] as RepositoryInventory).capabilities;
    const pool = pools[Number(pulledAt)]?.[Number(archive)] as PolicySpec[][];
    return {
      repositories: made,
      // Seven policies further each time, so that an inventory does not meet the same ones again.
      policies: pool[(index * 7) % pool.length] as PolicySpec[],
      inUse: uses[index] as InUse,
      lists: { branches: branches[index % branches.length] as string[] },
      now: NOW,
    };
  });
}
