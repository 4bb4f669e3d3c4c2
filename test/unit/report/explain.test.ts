import { expect, test } from 'vitest';
import { type Explanation, explanationText } from '../../../src/report/explain.ts';
import { COLOUR } from '../../../src/report/style.ts';
import { digest, image, NOW } from './plan-fixture.ts';

const explanation: Explanation = {
  kind: 'Explanation',
  formatVersion: '1.0',
  registry: 'prod',
  repository: 'team/app',
  now: NOW,
  policy: { name: 'services', source: 'policies/services.yaml' },
  complete: true,
  clock: 'pushed',
  records: { pushedAt: true, createdAt: true, pulledAt: true },
  image: image('ab', {
    tags: ['v1.2.3', 'main-1f3'],
    pushedAt: '2026-11-23T03:10:00Z',
    action: 'untag',
    untag: ['main-1f3'],
    reasons: [
      { code: 'expired', tag: 'main-1f3', rule: 'branch builds', group: 'main', rank: 12, ageDays: 41 },
      { code: 'newest', tag: 'v1.2.3', rule: 'releases', group: '1.2', rank: 2, ageDays: 41 },
    ],
  }),
  sizeWithParts: 40_000_000,
  platforms: ['linux/amd64'],
  rules: [
    { name: 'branch builds', order: 'pushed', per: 'branch', keep: { last: 3, days: 14 } },
    { name: 'releases', order: 'semver', per: 'minor', keep: 'all' },
  ],
  children: [],
  attachments: [{ digest: digest('cd'), tags: [`sha256-${'ab'.padEnd(64, '0')}.sig`], action: 'keep' }],
  indexes: [],
  subjects: [],
};

test('an explanation tells every tag, rule and time, and what is attached', () => {
  expect(explanationText(explanation)).toBe(`\
prod/team/app@${digest('ab')}

  untag

  tags
    main-1f3  untag  its rule keeps it no longer (branch builds, rank 12 in main, 41 days)
    v1.2.3    keep   among the newest of its group (releases, rank 2 in 1.2, 41 days)

  rules
    branch builds  keep last 3, days 14 · order pushed · per branch
    releases       keep all · order semver · per minor

  image
    type     manifest, application/vnd.oci.image.manifest.v1+json, linux/amd64
    size     40.0 MB
    pushed   2026-11-23 03:10 UTC, 1 day ago
    created  2026-10-14 03:10 UTC, 41 days ago
    pulled   never
    clock    "pushed" is read from the pushed time
    policy   services, from policies/services.yaml
    as of    2026-11-24 03:10 UTC

  attachments
    sha256:cd0000000000  keep  sha256-….sig
`);
});

test('of an image that is within its grace, it says since when: that may be none of the times that the registry tells', () => {
  const seen = image('ab', { tags: ['v1'], reasons: [{ code: 'grace', time: '2026-11-24T02:50:00Z' }] });
  expect(explanationText({ ...explanation, image: seen })).toContain(
    '  keep  pushed, tagged, restored or first seen too recently (at 2026-11-24 02:50 UTC)\n',
  );
});

test('a tag that stays because another one holds the whole image is named, since it may be the one that was asked about', () => {
  const whole = image('ab', {
    tags: ['build-1', 'prod-1', 'sha256-x'],
    attachmentTags: ['sha256-x'],
    reasons: [{ code: 'protected_tag', tag: 'prod-1', by: 'prod-*' }],
  });

  expect(explanationText({ ...explanation, image: whole })).toContain(`
  tags
    prod-1   keep  the policy protects this tag (by prod-*)
    build-1  keep  stays with the other tags of its image

`);
});

test('of an image that others hold, it says who', () => {
  const held = {
    ...explanation,
    image: image('ab', {
      reasons: [
        { code: 'in_use', by: 'running.txt:3' },
        { code: 'child_of_kept', by: digest('ef') },
      ],
    }),
    indexes: [{ digest: digest('ef'), tags: ['v1'], action: 'keep' as const }],
  };

  const text = explanationText(held);
  expect(text).toContain(
    '\n\n  keep  it runs, or would be run again (by running.txt:3)\n        part of an index that stays (by sha256:ef0000000000)\n',
  );
  expect(text).toContain('  part of\n    sha256:ef0000000000  keep  v1\n');
});

test('it says which times the registry does not record, and that a repository was not read whole', () => {
  const text = explanationText({
    ...explanation,
    complete: false,
    clock: 'none',
    records: { pushedAt: false, createdAt: false, pulledAt: false },
    image: image('ab'),
  });

  expect(text).toContain('pulled   not recorded by this registry');
  expect(text).toContain('the registry tells no time');
  expect(text).toContain('incomplete  nothing in this repository will be deleted');
});

test('colour changes no column', () => {
  // eslint-disable-next-line no-control-regex
  expect(explanationText(explanation, COLOUR).replace(/\u001B\[\d+m/g, '')).toBe(explanationText(explanation));
});

test('the size of an index is told with its parts', () => {
  const index = { ...explanation, image: image('ab', { size: 1200 }), sizeWithParts: 80_000_000 };
  expect(explanationText(index)).toContain('size     80.0 MB with its parts, 1.2 kB by itself\n');
});
