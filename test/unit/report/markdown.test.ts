import { describe, expect, test } from 'vitest';
import { planMarkdown } from '../../../src/report/markdown.ts';
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
| \`prod/team/app\` | services | 1 | 1 | 1 | 40.0 MB |
| **all** | | **1** | **1** | **1** | **40.0 MB** |

<details><summary>prod/team/app</summary>

| | Image | Size | Why |
| --- | --- | ---: | --- |
| delete | \`main-1f3\` | 40.0 MB | branch builds, rank 4 in main |
| untag | \`v1.0.0\` | | releases, rank 11 |

</details>
`);
  });

  test('lets no name become markup, end a cell or leave its code', () => {
    const evil = expired('a1', 'x', 4, {
      tags: ['a|b`c\n<script>'],
      reasons: [{ code: 'expired', rule: '**loud** | <b>@team</b>', group: '[x](http://y)', rank: 4 }],
    });

    const text = planMarkdown(plan([repository([evil], { repository: 'team/<img>', policy: 'a|b' })]));
    const row = text.split('\n').find((line) => line.startsWith('| delete')) ?? '';

    expect(row).toContain("`a\\|b'c <script>`");
    expect(row.match(/(?<!\\)\|/g)).toHaveLength(5);
    expect(row.replace(/`[^`]*`/g, '')).not.toMatch(/[*<>@[\]]/);
    expect(text).toContain('<summary>prod/team/&lt;img&gt;</summary>');
  });

  test('stays far below the mebibyte that a step summary may take', () => {
    const repositories = Array.from({ length: 60 }, (_, index) =>
      repository(
        Array.from({ length: 300 }, (_unused, at) => expired(`a${at.toString(16)}`, `main-${at}`, at + 4)),
        { repository: `team/app-${index}` },
      ),
    );

    const text = planMarkdown(plan(repositories));

    expect(Buffer.byteLength(text)).toBeLessThan(200_000);
    expect(text).toContain('… and 200 more; see the JSON document.');
    expect(text).toContain('300 lines left out; see the JSON document.');
  });

  test('says why a plan may not be carried out', () => {
    const text = planMarkdown(
      plan([], { applyable: false, blockedBy: [{ code: 'inUseIncomplete', message: 'what is in use is not known: it_broke' }] }),
    );

    expect(text).toContain('**This plan may not be carried out:**\n\n- what is in use is not known&#58; it&#95;broke\n');
  });

  test('says until when what goes can be restored, and what is to be known of a registry', () => {
    const note = { code: 'note', registry: 'prod', repository: 'team/a', message: 'it *deletes* by itself' } as const;
    const text = planMarkdown(plan([repository([expired('a1', 'main-1', 4)], { recoverableDays: 7 })], { diagnostics: [note, note] }));
    expect(text).toContain('| 1 | 0 | 0 | 40.0 MB (recoverable until 2026-12-01) |\n');
    expect(text.match(/^Note: it &#42;deletes&#42; by itself$/gm)).toHaveLength(1);
  });
});
