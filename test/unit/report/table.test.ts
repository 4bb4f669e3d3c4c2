import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { COLOUR } from '../../../src/report/style.ts';
import { planTable } from '../../../src/report/table.ts';
import { digest, expired, image, plan, repository } from './plan-fixture.ts';

// eslint-disable-next-line no-control-regex
const withoutColour = (text: string): string => text.replace(/\u001B\[\d+m/g, '');
const many = (count: number) =>
  Array.from({ length: count }, (_, index) => expired(`d${String(index).padStart(4, '0')}`, `main-${index}`, index + 4));

describe('the plan as a table', () => {
  test('tells per repository what goes, what is untagged and what stays, each with its reason', () => {
    const index = expired('a1', 'main-1f3', 4);
    const child = image('a2', { action: 'delete', reasons: [{ code: 'deleted_with_parent', by: index.digest }] });
    const moved = image('b1', {
      tags: ['v1', 'v1.0.0'],
      action: 'untag',
      untag: ['v1.0.0'],
      reasons: [
        { code: 'newest', tag: 'v1', rule: 'floating', rank: 1 },
        { code: 'expired', tag: 'v1.0.0', rule: 'releases', rank: 11 },
      ],
    });
    const kept = image('c1', { tags: ['latest'], reasons: [{ code: 'protected_tag', tag: 'latest', by: 'latest' }] });
    const one = repository([index, child, moved, kept], { heldBy: { [child.digest]: index.digest } });

    expect(planTable(plan([one]), { columns: 80, applyCommand: 'regctl prune prod --apply' })).toBe(`\
prod/team/app  policy services · by created time

  delete  1 image with 1 part · 80.0 MB freed
    branch builds  1
      main-1f3  80.0 MB    41 days  rank 4 in main, +1 part

  untag   1 tag of 1 image that stays
    releases  1
      v1.0.0    41 days  rank 11, stays as v1

  keep    1 image
    1  the policy protects this tag

total  1 repository, decided as of 2026-11-24 03:10 UTC

  delete  1 image   80.0 MB freed
  untag   1 image   kept by another tag
  keep    1 image

To go: 2 manifests: 1 image, and 1 part or attachment.
To go: 2 tags: 1 with their images, 1 from images that stay.
The space comes back when the registry collects its garbage.

Nothing has been changed. To carry this plan out:

  regctl prune prod --apply
`);
  });

  test('names empty repositories on one line', () => {
    const kept = image('c1', { tags: ['v1'] });
    const empty = (name: string) => repository([], { repository: name });
    const names = Array.from({ length: 10 }, (_, index) => `team/old-${index}`);
    const text = planTable(plan([repository([kept]), ...names.map(empty)]));
    expect(text).toContain(
      `10 empty repositories: ${names
        .slice(0, 8)
        .map((name) => `prod/${name}`)
        .join(', ')}, and 2 more\n`,
    );
    expect(text.match(/team\/old-0/g)).toHaveLength(1);
    expect(planTable(plan([repository([kept]), { ...empty('team/lost'), complete: false }]))).not.toContain('empty');
  });

  test('fits 80 columns, however long the names are', () => {
    const long = expired('a1', `feature-${'x'.repeat(100)}`, 4, {
      reasons: [{ code: 'expired', tag: 'x', rule: 'branch builds', group: 'y'.repeat(90), rank: 4, ageDays: 1041 }],
    });
    const kept = image('c1', {
      tags: ['v1'],
      reasons: [{ code: 'newest', rule: 'a rule with a name that goes on and on and on and on and on', rank: 1 }],
    });

    const lines = planTable(plan([repository([long, kept])]), { columns: 80 }).split('\n');

    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.some((line) => line.includes('…'))).toBe(true);
  });

  test('cuts nothing where the answer goes into a pipe', () => {
    const name = `feature-${'x'.repeat(100)}`;

    expect(planTable(plan([repository([expired('a1', name, 4)])]))).toContain(name);
  });

  test('stays readable with thousands of deletions, and lists them all if asked', () => {
    const big = plan([repository(many(5000))]);

    const short = planTable(big, { columns: 80 });
    expect(short.split('\n').length).toBeLessThan(45);
    expect(short).toContain('… and 4,980 more: -v shows all, -o name lists them');
    expect(planTable(big, { columns: 80, verbose: true }).match(/ main-\d+ /g)).toHaveLength(5000);
  });

  test('gives every rule a place in the first screenful', () => {
    const odd = expired('e1', 'old-tag', 1, { reasons: [{ code: 'expired', tag: 'old-tag', rule: 'everything else', rank: 1 }] });

    expect(planTable(plan([repository([...many(400), odd])]), { columns: 80 })).toContain('old-tag');
  });

  test('says nothing but the counts of a repository in which nothing goes, where others are there too', () => {
    const quiet = repository([image('c1'), image('c2')], { repository: 'team/quiet' });

    const text = planTable(plan([repository([expired('a1', 'main-1', 4)]), quiet]));

    expect(text).toContain('prod/team/quiet  services · nothing to delete, 2 images stay\n');
  });

  test('names tags of an image together, or the first and how many more where there is no room', () => {
    const tags = ['one', 'two', `three-${'x'.repeat(60)}`];
    const tagged = plan([repository([expired('a1', 'x', 4, { tags })])]);

    expect(planTable(tagged)).toContain(tags.join(', '));
    expect(planTable(tagged, { columns: 80 })).toContain('one +2');
  });

  test('names an untagged image by its digest, and never shows the tags that only carry attachments', () => {
    const untagged = expired('beef', 'x', 1, {
      tags: [`sha256-${'a'.repeat(64)}.sig`],
      attachmentTags: [`sha256-${'a'.repeat(64)}.sig`],
      reasons: [{ code: 'expired', rule: 'orphans', rank: 1 }],
    });

    const text = planTable(plan([repository([untagged])]));
    expect(text).toContain('sha256:beef00000000');
    expect(text).not.toContain('.sig');
  });

  test('says how much it is at most, where the layers of some image are not known', () => {
    const one = repository([expired('a1', 'main-1', 4)]);
    const unsure = { ...one, summary: { ...one.summary, bytes: { ...one.summary.bytes, freed: 0, exact: false } } };

    expect(planTable(plan([unsure]))).toContain('up to 40.0 MB freed');
  });

  test('shows why a plan may not be carried out instead of the command', () => {
    const blocked = plan([repository(many(3))], {
      applyable: false,
      blockedBy: [
        {
          code: 'maxDeletions',
          policy: 'services',
          limit: 2,
          actual: 3,
          message: 'policy "services" would delete 3 images; its maxDeletions is 2',
        },
      ],
    });

    const text = planTable(blocked, { applyCommand: 'regctl prune --apply' });

    expect(text).toMatch(/This plan may not be carried out:\n {2}policy "services" would delete 3 images; its maxDeletions is 2\n$/);
    expect(text).not.toContain('--apply');
  });

  test('shows no command where there is nothing to do', () => {
    expect(planTable(plan([repository([image('c1')])]), { applyCommand: 'regctl prune --apply' })).not.toContain('--apply');
  });

  test('says loudly that a repository could not be read whole', () => {
    const broken = repository([image('c1', { reasons: [{ code: 'incomplete' }] })], { complete: false });
    const text = planTable(
      plan([broken], {
        diagnostics: [{ code: 'incomplete', registry: 'prod', repository: 'team/app', message: 'the manifest of v1 could not be read' }],
      }),
    );

    expect(text).toContain('  incomplete  the manifest of v1 could not be read\n');
  });

  test('lists the repositories that no policy governs', () => {
    const { policy: _policy, ...ungoverned } = repository([], { repository: 'else/where' });

    expect(planTable(plan([ungoverned]))).toContain('No policy governs 1 repository, left alone:\n  prod/else/where\n');
  });

  test('takes control characters out of whatever came from elsewhere', () => {
    const evil = expired('a1', 'x', 4, {
      tags: ['tag\u001B[2J\u0007'],
      reasons: [{ code: 'expired', rule: 'rule\u001B[31m', group: 'a\nb', rank: 4 }],
    });

    // eslint-disable-next-line no-control-regex
    expect(planTable(plan([repository([evil])]))).not.toMatch(/[\u0000-\u0009\u000B-\u001F]/);
  });

  test('cuts long names in the middle, by the columns that they take, and shows no two alike', () => {
    const build = (start: string, end: string) => expired(start, `feature-${'x'.repeat(60)}-${end}`, 4);
    const wide = expired('c3', `发布版本-${'测试'.repeat(30)}-🚀-7`, 4);
    const twins = ['a', 'b'].map((middle, index) => expired(`d${index}`, `${'y'.repeat(60)}${middle}${'z'.repeat(60)}`, 4));

    const lines = planTable(plan([repository([build('c1', 'one'), build('c2', 'two'), wide, ...twins])]), { columns: 80 }).split('\n');

    const row = (part: string) => lines.find((line) => line.includes(part)) ?? '';
    expect(row('-one')).toMatch(/^ {6}feature-x+…x+-one {2,}40\.0 MB/);
    expect(row('-two')).toContain('…');
    expect(stringWidth(row('🚀-7'))).toBeLessThanOrEqual(80);
    expect(lines.filter((line) => line.includes('yyy')).map((line) => line.includes('yaz') || line.includes('ybz'))).toEqual([true, true]);
  });

  test('rounds an age so that it agrees with the rule: up where it goes, down where it stays', () => {
    const at = (time: string) => ({ createdAt: time, tags: ['v1'] });
    const time = '2026-10-25T02:00:00.000Z';
    const goes = expired('a1', 'v1', 4, { ...at(time), reasons: [{ code: 'expired', tag: 'v1', rule: 'r', rank: 4, time, ageDays: 30 }] });
    const younger = '2026-10-25T03:30:00.000Z';
    const stays = image('a2', {
      createdAt: younger,
      tags: ['v2'],
      reasons: [{ code: 'within_days', rule: 'r', time: younger, ageDays: 29 }],
    });

    const text = planTable(plan([repository([goes, stays])]), { verbose: true });

    expect(text).toMatch(/v1 .* 30\.1 days/);
    expect(text).toMatch(/v2 .* 29\.9 days/);
  });

  test('names the time that decided in its heading', () => {
    const pulledAt = '2026-11-01T00:00:00.000Z';
    const pulled = expired('a1', 'v1', 4, {
      pulledAt,
      reasons: [{ code: 'expired', tag: 'v1', rule: 'r', rank: 4, time: pulledAt, ageDays: 23 }],
    });
    const created = expired('a2', 'v2', 4, {
      reasons: [{ code: 'expired', tag: 'v2', rule: 'r', rank: 4, time: '2026-10-14T03:10:00.000Z' }],
    });

    expect(planTable(plan([repository([pulled])]))).toContain('policy services · by pulled time\n');
    expect(planTable(plan([repository([pulled, created])]))).toContain('policy services · by created and pulled times\n');
  });

  test('gives an index its size with its parts, where it stays as where it goes', () => {
    const index = image('c1', { tags: ['v1'] });
    const part = image('c2', { reasons: [{ code: 'child_of_kept', by: index.digest }] });

    expect(planTable(plan([repository([index, part])]), { verbose: true })).toMatch(/v1 +80\.0 MB .*\+1 part/);
  });

  test('tells an incomplete repository in one line with the first reasons', () => {
    const broken = repository([image('c1', { reasons: [{ code: 'incomplete' }] })], { complete: false });
    const diagnostics = Array.from({ length: 9 }, (_, index) => ({
      code: 'incomplete' as const,
      registry: 'prod',
      repository: 'team/app',
      message: `v${index} was not read`,
    }));

    const text = planTable(plan([broken], { diagnostics }));

    expect(text.match(/incomplete/g)).toHaveLength(1);
    expect(text).toContain('v4 was not read; and 4 more: -v shows all\n');
  });

  test('says first that nothing was deleted, where a plan that was to be carried out may not be', () => {
    const refused = plan([repository(many(3))], {
      applyable: false,
      blockedBy: [{ code: 'inUseIncomplete', message: 'the cluster did not answer' }],
    });

    expect(planTable(refused, { apply: true })).toMatch(
      /^Nothing was changed\. This plan may not be carried out:\n {2}the cluster did not answer\n\n/,
    );
    expect(planTable(refused, { apply: true }).match(/may not be carried out/g)).toHaveLength(1);
  });

  test('has no totals where nothing could be read, but what was not read and why', () => {
    const text = planTable(
      plan([], {
        applyable: false,
        blockedBy: [{ code: 'nothingRead', message: 'nothing could be read' }],
        unread: [{ registry: 'prod', code: 'UNREACHABLE', message: 'no answer in time' }],
      }),
    );

    expect(text).toMatch(/^Not everything could be read/);
    expect(text).not.toContain('total');
    expect(text).not.toContain('0 images');
  });

  test('is the same text with colour as without', () => {
    const one = plan([repository([...many(30), image('c1', { tags: ['v1', 'v2'], action: 'untag', untag: ['v2'] })])]);

    const coloured = planTable(one, { columns: 80, style: COLOUR });
    expect(coloured).toContain('\u001B[31mdelete\u001B[39m');
    expect(withoutColour(coloured)).toBe(planTable(one, { columns: 80 }));
  });

  test('counts a part with what it hangs on, through any number of levels', () => {
    const top = expired('a1', 'main-1', 4);
    const inner = image('a2', { action: 'delete', reasons: [{ code: 'deleted_with_parent', by: top.digest }] });
    const leaf = image('a3', { action: 'delete', reasons: [{ code: 'deleted_with_parent', by: inner.digest }] });
    const nested = repository([top, inner, leaf], { heldBy: { [inner.digest]: top.digest, [leaf.digest]: inner.digest } });

    expect(planTable(plan([nested]))).toContain('+2 parts');
    expect(planTable(plan([nested]))).not.toContain(digest('a3').slice(0, 19));
  });

  test('says until when what goes can be restored, which frees no space before', () => {
    const text = planTable(plan([repository([expired('a1', 'main-1', 4)], { recoverableDays: 7 })]));
    expect(text).toContain('delete  1 image · 40.0 MB freed · recoverable until 2026-12-01, and stored until then\n');
    expect(planTable(plan([repository([expired('a1', 'main-1', 4)], { recoverableDays: 1e12 })]))).toContain(
      'recoverable for 1,000,000,000,000 days',
    );
    expect(planTable(plan([repository([image('a1')], { recoverableDays: 7 })]))).not.toContain('recoverable');
  });

  test('tells what is to be known of a registry once', () => {
    const note = { code: 'note', registry: 'prod', repository: 'team/a', message: 'it deletes by itself' } as const;
    expect(
      planTable(plan([repository([image('a1')])], { diagnostics: [note, { ...note, repository: 'team/b' }] })).match(
        /^note: it deletes by itself$/gm,
      ),
    ).toHaveLength(1);
  });
});
