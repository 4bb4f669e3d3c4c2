import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { planHtml } from '../../../src/report/html.ts';
import { expired, image, plan, repository } from './plan-fixture.ts';

const hash = (text: string): string => createHash('sha256').update(text).digest('base64');
const EVIL = '</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>" onload="x\u2028';

const evil = plan(
  [
    repository(
      [
        expired('a1', 'x', 4, { tags: [EVIL], reasons: [{ code: 'expired', rule: EVIL, group: EVIL, rank: 1 }] }),
        image('b1', { tags: ['v1'] }),
      ],
      {
        policy: EVIL,
        repository: EVIL,
      },
    ),
  ],
  { unread: [{ registry: EVIL, code: 'AUTH', message: EVIL }], diagnostics: [{ code: 'note', message: EVIL }] },
);
const page = planHtml(evil, { refused: EVIL }, hash);

test('nothing from elsewhere becomes an element, an attribute or the end of the data', () => {
  expect(page.match(/<script/g)).toHaveLength(2);
  expect(page).not.toMatch(/<img|<!--/);
  const outside = page.replace(/<script[\s\S]*?<\/script>/g, '');
  expect(outside).not.toMatch(/<[^>]*\son\w+=/);
  const [, json = ''] = /<script type="application\/json" id="data">([\s\S]*?)<\/script>/.exec(page) ?? [];
  expect(JSON.parse(json)).toMatchObject({
    repositories: [{ images: [{ tags: [expect.stringContaining('</script>')] }, { tags: ['v1'] }] }],
  });
});

test('only its own script and style may run, by the hashes of just these texts, and nothing is loaded', () => {
  const [, policy = ''] = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page) ?? [];
  const [, style = ''] = /<style>([\s\S]*?)<\/style>/.exec(page) ?? [];
  const [, script = ''] = /<script>([\s\S]*?)<\/script>/.exec(page) ?? [];
  expect(policy).toBe(
    `default-src 'none'; script-src 'sha256-${hash(script)}'; style-src 'sha256-${hash(style)}'; base-uri 'none'; form-action 'none'`,
  );
  expect(page).not.toMatch(/https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
  expect(page.replace(/<style>[\s\S]*?<\/style>/, '')).not.toMatch(/\sstyle=/);
});

test('says first what came of it, what was not read and what blocks it', () => {
  expect(page).toMatch(/<h1>Prune: nothing was changed<\/h1>[\s\S]*Not everything could be read[\s\S]*<ul class="tiles">/);
  const open = planHtml(plan([repository([expired('a1', 'main-1', 4)])]), {}, hash);
  expect(open).toContain('<h1>Prune plan: 1 image to delete</h1>');
  expect(open).toContain('<html lang="en">');
});
