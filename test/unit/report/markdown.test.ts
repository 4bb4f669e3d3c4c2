import { describe, expect, test } from 'vitest';
import { planMarkdown } from '../../../src/report/markdown.ts';
import { applied } from './applied.ts';
import { expired, image, plan, repository } from './plan-fixture.ts';

describe('the plan as Markdown', () => {
  test('is a table of totals, with what goes folded away under each repository', () => {
    const moved = image('b1', {
      tags: ['v1', 'v1.0.0'],
      action: 'untag',
      untag: ['v1.0.0'],
      reasons: [
        { code: 'newest', tag: 'v1', rank: 1 },
        { code: 'expired', tag: 'v1.0.0', rule: 'releases', rank: 11 },
      ],
    });

    expect(planMarkdown(plan([repository([expired('a1', 'main-1f3', 4), moved, image('c1')])]))).toBe(`\
### Prune plan: 1 image to delete, 40.0 MB freed

As of 2026-11-24 03:10 UTC. Nothing has been changed.

| Repository | Policy | Delete | Untag | Keep | Freed |
| --- | --- | ---: | ---: | ---: | ---: |
| \`prod/team/app\` | \`services\` | 1 | 1 | 1 | 40.0 MB |
| **all** | | **1** | **1** | **1** | **40.0 MB** |

<details><summary><code>prod/team/app</code></summary>

| | Image | Size | Why |
| --- | --- | ---: | --- |
| delete | \`main-1f3\` | 40.0 MB | \`branch builds, rank 4 in main, 41 days\` |
| untag | \`v1.0.0\` | | \`releases, rank 11, 41 days\` |

</details>
`);
  });

  test('shows the time that decided, which may be that of a pull', () => {
    const pulled = expired('a1', 'v1', 4, {
      pushedAt: '2025-11-24T03:10:00.000Z',
      pulledAt: '2026-08-21T03:10:00.000Z',
      reasons: [{ code: 'expired', tag: 'v1', rule: 'read', rank: 4, time: '2026-08-21T03:10:00.000Z', ageDays: 95, pulled: true }],
    });

    expect(planMarkdown(plan([repository([pulled])]))).toContain('`read, rank 4, pulled 95 days ago`');
  });

  test('lets no name become markup, end a cell or leave its code', () => {
    const evil = expired('a1', 'x', 4, {
      tags: ['a|b`c\n<script>'],
      reasons: [{ code: 'expired', rule: '**loud** | <b>@team</b>', group: '[x](http://y)', rank: 4 }],
    });

    const text = planMarkdown(plan([repository([evil], { repository: 'team/<img>', policy: 'a|b' })]));
    const row = text.split('\n').find((line) => line.startsWith('| delete')) ?? '';

    expect(row).toContain("`a¦b'c <script>`");
    expect(row.match(/\|/g)).toHaveLength(5);
    expect(row.replace(/`[^`]*`/g, '')).not.toMatch(/[*<>@[\]]/);
    expect(text).toContain('<summary><code>prod/team/&lt;img&gt;</code></summary>');
  });

  test('holds text from elsewhere in code alone, where no host reads a mention, a reference, a command, a link or an image', () => {
    const words = '/close @team #1 !2 https://evil.example www.evil.example ![x](http://y) <img src=z>';
    const bad = expired('a1', 'x', 4, { tags: [words], reasons: [{ code: 'expired', rule: words, group: words, rank: 1 }] });
    const noted = plan([repository([bad], { policy: words })], {
      applyable: false,
      blockedBy: [{ code: 'inUseIncomplete', message: words }],
      unread: [{ registry: 'prod', repository: words, code: 'AUTH', message: words }],
      diagnostics: [{ code: 'note', message: words }],
    });

    const outside = planMarkdown(noted, { refused: words })
      .replace(/`[^`\n]*`/g, '')
      .replace(/<code>[^\n]*<\/code>/g, '');

    expect(outside).not.toMatch(/[@#!]\w|\w\/\w|evil|close|<img/);
  });

  test('stays below the 65,536 characters that a comment may take, however much goes and whatever went wrong', () => {
    const repositories = Array.from({ length: 900 }, (_, index) =>
      repository(
        Array.from({ length: 30 }, (_unused, at) => expired(`a${at.toString(16)}`, `main-${'x'.repeat(100)}-${at}`, at + 4)),
        { repository: `team/app-${'y'.repeat(100)}-${index}` },
      ),
    );
    const long = 'z'.repeat(2000);
    const unread = Array.from({ length: 300 }, (_, index) => ({ registry: 'prod', repository: `r${index}`, code: 'AUTH', message: long }));
    const diagnostics = Array.from({ length: 300 }, (_, index) => ({ code: 'note' as const, message: `${index}${long}` }));

    const text = planMarkdown(plan(repositories, { unread, diagnostics }));

    expect(text.length).toBeLessThan(65_536);
    expect(text).toMatch(/\| … and \d+ more; see the JSON document \|/);
    expect(text).toMatch(/The details of \d+ repositories more are in the JSON document\.\n$/);
    expect(planMarkdown(plan(repositories.slice(0, 2)))).toContain('<details>');
  });

  test('says first what came of a plan that was to be carried out', () => {
    const { plan: one, report } = applied([repository([expired('a1', 'v1', 4), expired('a2', 'v2', 5)])], { v2: { outcome: 'locked' } });

    expect(planMarkdown(one, { applied: report })).toMatch(
      /^### Prune: 1 image deleted \(in part\)\n\n.*Of the steps: 1 deleted; 1 locked/,
    );
    expect(planMarkdown(one, { refused: 'deletion is switched off' })).toMatch(
      /^### Prune: nothing was changed\n\n`deletion is switched off`\n/,
    );
  });

  test('of a plan that could not be made has no totals, which would look like a success', () => {
    const text = planMarkdown(
      plan([], {
        applyable: false,
        blockedBy: [{ code: 'nothingRead', message: 'nothing could be read' }],
        unread: [{ registry: 'prod', code: 'UNREACHABLE', message: 'no answer' }],
      }),
    );

    expect(text).toMatch(/^### Prune plan: nothing could be read\n\n\*\*Not everything could be read/);
    expect(text).not.toContain('| Repository |');
  });

  test('says why a plan may not be carried out', () => {
    const text = planMarkdown(
      plan([], { applyable: false, blockedBy: [{ code: 'inUseIncomplete', message: 'what is in use is not known: it_broke' }] }),
    );

    expect(text).toContain('**This plan may not be carried out:**\n\n- `what is in use is not known: it_broke`\n');
  });

  test('says until when what goes can be restored, and what is to be known of a registry', () => {
    const note = { code: 'note', registry: 'prod', repository: 'team/a', message: 'it *deletes* by itself' } as const;
    const text = planMarkdown(plan([repository([expired('a1', 'main-1', 4)], { recoverableDays: 7 })], { diagnostics: [note, note] }));
    expect(text).toContain('| 1 | 0 | 0 | 40.0 MB (recoverable until 2026-12-01) |\n');
    expect(text.match(/^- `it \*deletes\* by itself`$/gm)).toHaveLength(1);
  });
});
