import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { planHtml } from '../../src/report/html.ts';
import { expired, image, plan, repository } from '../unit/report/plan-fixture.ts';
import { openPage, type Page } from './servers/chromium.ts';
import { skipWithout } from './servers/server-binaries.ts';

const hex = (n: number): string => n.toString(16).padStart(2, '0');
const many = Array.from({ length: 250 }, (_, n) => image(`c${n.toString(16).padStart(3, '0')}`, { tags: [`v${n}`] }));
const shown = plan([
  repository([expired(hex(1), 'branch builds', 4, { tags: ['feature-1'] }), image(hex(2), { tags: ['main-2'] })], {
    repository: 'team/web',
  }),
  repository(many, { repository: 'team/api' }),
]);

describe.skipIf(skipWithout('chromium'))('the page of -o html in a browser (needs chromium)', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'regprune-html-'));
    await writeFile(
      join(folder, 'plan.html'),
      planHtml(shown, {}, (text) => createHash('sha256').update(text).digest('base64')),
    );
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function open(options: Parameters<typeof openPage>[1] = {}): Promise<Page> {
    const page = await openPage(join(folder, 'plan.html'), options);
    onTestFinished(() => page.close());
    return page;
  }
  const status = (page: Page): Promise<string> => page.evaluate(`document.getElementById('status').textContent`);
  const summaries = (page: Page): Promise<string[]> =>
    page.evaluate(`[...document.querySelectorAll('details:not([hidden]) > summary')].map((one) => one.textContent)`);
  const focused = (page: Page): Promise<string> =>
    page.evaluate(
      `(document.activeElement.name || document.activeElement.getAttribute('aria-label') || document.activeElement.textContent)`,
    );

  test('is used by the keyboard alone: search, filter, open, show more', async () => {
    const page = await open();
    // The table of repositories, which may have to be scrolled, then the search.
    for (let n = 0; n < 2; n += 1) await page.press('Tab');
    expect(await focused(page)).toBe('search');
    expect(await status(page)).toBe('252 images in 2 repositories');

    await page.type('team/web branch');
    expect(await status(page)).toBe('1 image in 1 repository');
    expect(await summaries(page)).toEqual([expect.stringMatching(/team\/web 1 go, 0 stay/)]);

    await page.press('Tab');
    expect(await focused(page)).toBe('delete');
    await page.press(' ');
    expect(await status(page)).toBe('0 images in 0 repositories');

    await page.evaluate(
      `document.forms[0].reset(); document.forms[0].dispatchEvent(new Event('input')); document.querySelectorAll('summary')[1].focus()`,
    );
    await page.press('Enter');
    await expect.poll(() => page.evaluate(`document.querySelectorAll('details[open] tbody tr').length`)).toBe(200);
    await page.press('Tab');
    await page.press('Tab');
    expect(await focused(page)).toBe('Show 50 more');
    await page.press('Enter');
    await expect.poll(() => page.evaluate(`document.querySelectorAll('details[open] tbody tr').length`)).toBe(250);
    expect(await focused(page)).toMatch(/^Images of .*team\/api$/);
    expect(page.messages).toEqual([]);
  });

  test('tells a screen reader what each part is, and each change of the list', async () => {
    const page = await open();
    await page.evaluate(`document.querySelector('summary').click()`);
    await expect.poll(() => page.evaluate(`document.querySelectorAll('details[open] tbody tr').length`)).toBe(2);

    const spoken = await page.spoken();

    const wanted = [
      ['heading', /^Prune plan: 1 image/],
      ['search', /^Images$/],
      ['searchbox', /^Search tags, repositories, reasons/],
      ['checkbox', /^what goes$/],
      ['group', /^Show/],
      ['region', /^Repositories$/],
      ['region', /^Images of .*team\/web$/],
      ['image', /^Timeline from /],
      ['columnheader', /^Why$/],
      ['rowheader', /team\/web/],
      ['status', /.*/],
    ] as const;
    expect(wanted.filter(([role, name]) => !spoken.some((one) => one.role === role && name.test(one.name)))).toEqual([]);
    expect(await page.evaluate(`document.getElementById('status').getAttribute('aria-live')`)).toBe('polite');
  });

  test.for([{ dark: false }, { dark: true }, { dark: true, width: 400 }])('can be read, and no part is cut off: %j', async (options) => {
    const page = await open(options);
    const contrast = await page.evaluate<number>(CONTRAST);
    expect(contrast).toBeGreaterThan(4.5);
    expect(await page.evaluate(`document.documentElement.scrollWidth <= document.documentElement.clientWidth`)).toBe(true);
  });
});

/** The lowest contrast of a text with the page behind it, as WCAG counts it; 4.5 is what it asks for. */
const CONTRAST = `(() => {
  const canvas = document.createElement('canvas').getContext('2d');
  const light = (color) => {
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)
      .map((part) => part / 255).map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const probe = document.createElement('div');
  probe.style.color = 'Canvas';
  document.body.append(probe);
  const ground = light(getComputedStyle(probe).color);
  const texts = ['h1', '.go', '.stay', '.dim', 'caption', 'label'].flatMap((selector) =>
    [...document.querySelectorAll(selector)].slice(0, 1));
  return Math.min(...texts.map((one) => light(getComputedStyle(one).color))
    .map((text) => (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05)));
})()`;
