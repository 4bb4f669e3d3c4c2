import { describe, expect, it } from 'vitest';
import type { Manifest, RepositoryInventory } from '../../../src/domain/inventory.ts';
import { OCI_MANIFEST } from '../../../src/domain/media-types.ts';
import { manifestCapabilities } from '../../../src/distribution/manifest-capabilities.ts';
import { compileLists } from '../../../src/plan/live-names.ts';
import { asksForPulls, mayGo, needsConfigs } from '../../../src/plan/needed-details.ts';
import { compilePolicy } from '../../../src/policy/policy.ts';
import type { PolicySpec } from '../../../src/policy/schema.ts';
import { asDigest } from '../../digest.ts';

const NOW = Date.parse('2026-11-24T03:10:00Z');
const digestOf = (text: string) => asDigest(`sha256:${Buffer.from(text).toString('hex').padStart(64, '0')}`);
const DIGEST = digestOf('policy');

/** Tells of images what their tags say, and of configs nothing. */
const PLAIN = { deleteTag: true, listUntagged: false, pushedAt: false, pulledAt: false, tagTimes: false };
const PUSHED = { ...PLAIN, pushedAt: true, tagTimes: true };
const PULLED = { ...PUSHED, pulledAt: true };

interface Asked {
  /** Of each image; several with a space between them. */
  readonly tags?: readonly string[];
  readonly tells?: typeof PLAIN;
  readonly isBounded?: boolean;
  /** Of each image. */
  readonly pushedAt?: (index: number) => string;
  /** Of each image, how many days ago, where it was pulled. */
  readonly pulledAt?: readonly (number | undefined)[];
  /** The same, of what tells it without its config. */
  readonly createdAt?: readonly (number | undefined)[];
}

const TAGS = ['v1.0.0', 'v1.1.0', 'v1.2.0', 'v1.3.0', 'v1.4.0'];
const monthly = (index: number): string => `2026-0${index + 1}-01T00:00:00Z`;
const always = (): string => monthly(0);
const ago = (days: number): string => new Date(NOW - days * 86_400_000).toISOString();

function asked(
  spec: Omit<PolicySpec, 'name'>,
  { tags = TAGS, tells = PLAIN, isBounded = false, pushedAt = monthly, pulledAt = [], createdAt = [] }: Asked = {},
) {
  const capabilities = manifestCapabilities(tells);
  const manifests = tags.map((tag, index): Manifest => {
    const [pulled, created] = [pulledAt[index], createdAt[index]];
    return {
      digest: digestOf(tag),
      mediaType: OCI_MANIFEST,
      size: 1,
      tags: tag.split(' '),
      children: [],
      ...(tells.pushedAt && { pushedAt: pushedAt(index), tagTimes: { [tag]: pushedAt(index) } }),
      ...(pulled !== undefined && { pulledAt: ago(pulled) }),
      ...(created !== undefined && { createdAt: ago(created) }),
    };
  });
  const inventory: RepositoryInventory = { registry: 'r', type: 'oci', repository: 'a', complete: true, capabilities, manifests };
  const policy = compilePolicy({ name: 'p', ...spec }, { source: 'test', digest: DIGEST });
  const context = { inUse: { images: [], problems: [], hosts: {} }, lists: compileLists({}), now: NOW, isBounded };
  return { read: { capabilities, listed: () => inventory }, policy, context };
}

function configs(spec: Omit<PolicySpec, 'name'>, of: Asked = {}): boolean {
  const { read, policy, context } = asked(spec, of);
  return needsConfigs(read, policy, context);
}

function going(spec: Omit<PolicySpec, 'name'>, of: Asked = {}): readonly string[] {
  const { read, policy, context } = asked(spec, { tells: PULLED, ...of });
  const digests = mayGo(read, policy, context);
  return TAGS.filter((tag) => digests.includes(digestOf(tag)));
}

const semver = (keep: PolicySpec['rules'][number]['keep']): PolicySpec['rules'] => [{ name: 'v', tags: ['v*'], order: 'semver', keep }];
const NO_GRACE = { grace: '0s' } as const;

describe('the configs of images are needed where', () => {
  it.each<[why: string, spec: Omit<PolicySpec, 'name'>, of?: Asked]>([
    ['a rule measures days, and nothing but the config tells a time', { rules: semver({ last: 2, days: 30 }) }],
    ['a rule ranks by that time', { ...NO_GRACE, rules: [{ name: 'all', tags: ['**'], keep: { last: 2 } }] }],
    [
      'a rule ranks by the build, whatever else is told',
      { rules: [{ name: 'all', tags: ['**'], order: 'created', keep: { last: 2 } }] },
      { tells: PUSHED },
    ],
    ['a rule selects by labels', { ...NO_GRACE, rules: [{ name: 'all', labels: { a: '*' }, keep: 'none' }] }, { tells: PUSHED }],
    ['a rule selects by platforms', { ...NO_GRACE, rules: [{ name: 'all', platforms: ['linux/*'], keep: 'none' }] }, { tells: PUSHED }],
    ['a label tells the lifetime', { ...NO_GRACE, rules: semver({ label: 'expires' }) }, { tells: PUSHED }],
    ['a label protects', { protect: [{ labels: { keep: 'true' } }], rules: semver('all') }, { tells: PUSHED }],
    ['something would go that grace may hold', { rules: semver({ last: 2 }) }],
    ['something would go that may be among the newest', { ...NO_GRACE, keepNewest: 1, rules: semver({ last: 2 }) }],
    ['the newest of what goes stay, so that not too few do', { ...NO_GRACE, keepAtLeast: 3, rules: semver({ last: 2 }) }],
    ['the oldest go first, by the policy', { ...NO_GRACE, perRun: { deletions: 1 }, rules: semver({ last: 2 }) }],
    ['the oldest go first, by the run', { ...NO_GRACE, rules: semver({ last: 2 }) }, { isBounded: true }],
    ['two versions are equal where the rank ends', { ...NO_GRACE, rules: semver({ last: 1 }) }, { tags: ['v1.0.0', 'v1.0.0+a'] }],
    [
      'two versions are equal where the rank ends, of which one tells by itself when it was built',
      { ...NO_GRACE, rules: semver({ last: 1 }) },
      { tags: ['v1.0.0', 'v1.0.0+a'], createdAt: [undefined, 30] },
    ],
    [
      'two were pushed at once where the rank ends',
      { rules: [{ name: 'all', tags: ['**'], keep: { last: 2 } }] },
      { tells: PUSHED, pushedAt: always },
    ],
    [
      'a rank ends between two that are equally new, of which one may stay by its pulls',
      { rules: semver({ last: 1, pulledDays: 3 }) },
      { tags: ['v1.0.0', 'v1.0.0+a', 'v1.0.0+b'], tells: PULLED, pushedAt: always, pulledAt: [undefined, 1, undefined] },
    ],
    [
      'the same, of which one goes by its pulls before a bound takes the next',
      { rules: semver({ max: 2, pulledDays: 3 }) },
      { tags: ['v1.0.0', 'v1.0.0+a', 'v1.0.0+b'], tells: PULLED, pushedAt: always, pulledAt: [1, undefined, 1] },
    ],
    [
      'the same, of which all stay as their digests are',
      { rules: semver({ last: 1, pulledDays: 3 }) },
      { tags: ['v1.0.0', 'v1.0.0+a'], tells: PULLED, pushedAt: always, pulledAt: [undefined, 1] },
    ],
    [
      'groups are counted, which may be equally new',
      { rules: [{ name: 'g', tags: { regex: '(?<b>v1).*' }, per: 'b', keep: { last: 1, groups: 1 } }] },
      { tells: PUSHED },
    ],
    ['a scan decides, which is read later', { rules: [{ name: 'bad', vulnerabilities: { atLeast: 'high' }, keep: 'none' }] }],
    ['signatures in other repositories decide', { signaturesIn: ['sigs'], rules: [{ name: 's', signed: true, keep: 'none' }] }],
    [
      'a tag would go by itself, if the registry can take one off',
      { rules: [{ name: 'old', tags: ['old'], keep: 'none' }, ...semver('all')] },
      { tags: ['v1.0.0 old'], tells: { ...PLAIN, deleteTag: false } },
    ],
  ])('%s', (_why, spec, of) => {
    expect(configs(spec, of)).toBe(true);
  });
});

describe('the configs of images are not needed where', () => {
  it.each<[why: string, spec: Omit<PolicySpec, 'name'>, of?: Asked]>([
    ['everything is kept', { rules: semver('all') }],
    ['tags are protected and no rule takes what is left', { protect: [{ tags: ['**'] }], rules: semver({ last: 1 }) }],
    ['a rule by versions keeps all that there are, whatever the grace', { rules: semver({ last: 5 }) }],
    ['a rule by versions takes some, without a grace', { ...NO_GRACE, rules: semver({ last: 2 }) }],
    ['all goes without a grace, and none has to stay', { ...NO_GRACE, keepAtLeast: 0, rules: semver('none') }],
    [
      'the registry tells when images were pushed',
      { rules: [{ name: 'all', tags: ['**'], keep: { last: 1, days: 3 } }] },
      { tells: PUSHED },
    ],
  ])('%s', (_why, spec, of) => {
    expect(configs(spec, of)).toBe(false);
  });
});

describe('what may go', () => {
  it('is what goes by what is known', () => {
    expect(going({ rules: semver({ last: 3 }) })).toEqual(['v1.0.0', 'v1.1.0']);
    expect(going({ rules: semver('all') })).toEqual([]);
  });

  it('is all where something decides that is read later', () => {
    expect(going({ rules: [{ name: 'bad', unscanned: true, keep: 'none' }] })).toEqual(TAGS);
    expect(going({ signaturesIn: ['sigs'], rules: [{ name: 'u', unsigned: true, keep: 'none' }] })).toEqual(TAGS);
  });
});

it('asks for pulls where a rule measures them or ranks by them', () => {
  const asks = (spec: Omit<PolicySpec, 'name'>): boolean => asksForPulls(asked(spec).policy);
  expect(asks({ rules: semver({ last: 1, pulledDays: 3 }) })).toBe(true);
  expect(asks({ rules: [{ name: 'all', tags: ['**'], order: 'active', keep: { last: 1 } }] })).toBe(true);
  expect(asks({ rules: semver({ last: 1, days: 3 }) })).toBe(false);
});
