import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rememberSecret } from '../../../src/diagnostics/redact.ts';
import { contentDigest } from '../../../src/distribution/content-digest.ts';
import { KeptContents } from '../../../src/distribution/kept-contents.ts';
import { KeptFacts } from '../../../src/distribution/kept-facts.ts';
import { NOTHING_SEEN, type SeenTags } from '../../../src/distribution/seen-tags.ts';
import { cacheFolder, NOWHERE, openCache } from './oci-fixture.ts';
import { asDigest } from '../../digest.ts';

const bytes = Buffer.from('{"a":1}');
const digest = contentDigest(bytes);
const text = (read: Uint8Array | undefined) => read && Buffer.from(read).toString();

/** Different contents of about 1 KB each. */
const contents = (count: number, from = 0): Buffer[] =>
  Array.from({ length: count }, (_, number) => Buffer.from(`{"number":${from + number},"rest":"${'x'.repeat(1000)}"}`));

/** Keeps contents as one run does. */
async function keep(folder: string, ...all: readonly Buffer[]): Promise<void> {
  const cache = openCache(folder);
  for (const one of all) await cache.write(contentDigest(one), one);
  await cache.close();
}

/** How many of these contents the next run finds. */
async function found(folder: string, all: readonly Buffer[]): Promise<number> {
  const cache = openCache(folder);
  const reads = await Promise.all(all.map(async (one) => (await cache.read(contentDigest(one))) !== undefined));
  await cache.close();
  return reads.filter(Boolean).length;
}

describe('contents', () => {
  it('and facts that hold a known secret are not kept', async () => {
    rememberSecret('a-wörd-of-the-cache');
    const folder = await cacheFolder();
    const secret = Buffer.from('{"labels":{"x":"a-wörd-of-the-cache"}}');
    await keep(folder, secret, bytes);
    expect(await found(folder, [secret, bytes])).toBe(1);
    const cache = openCache(folder);
    expect(await cache.writeTags(NOWHERE, 'a', { ...NOTHING_SEEN, digests: new Map([['a-wörd-of-the-cache', digest]]), whole: true })).toBe(
      false,
    );
    expect(await cache.readTags(NOWHERE, 'a')).toEqual(NOTHING_SEEN);
    await cache.close();
  });

  it('are kept by their digest, for this user alone', async () => {
    const folder = join(await cacheFolder(), 'made', 'for', 'it');
    const cache = openCache(folder);
    await cache.write(digest, bytes);
    expect(text(await cache.read(digest))).toBe('{"a":1}');
    await cache.close();
    expect(text(await openCache(folder).read(digest))).toBe('{"a":1}');
    expect((await stat(join(folder, 'contents'))).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it('are kept by sha512 as well', async () => {
    const folder = await cacheFolder();
    const long = contentDigest(bytes, asDigest('sha512:'));
    const cache = openCache(folder);
    await cache.write(long, bytes);
    await cache.close();
    expect(text(await openCache(folder).read(long))).toBe('{"a":1}');
  });

  it('are not kept under another digest', async () => {
    const folder = await cacheFolder();
    const cache = openCache(folder);
    await cache.write(NOWHERE, bytes);
    expect(cache.read(NOWHERE)).toBeUndefined();
    await cache.close();
    expect(openCache(folder).read(NOWHERE)).toBeUndefined();
    expect(await readdir(folder)).toEqual([]);
  });

  it('are many in one file, much smaller than they are, and found again', async () => {
    const folder = await cacheFolder();
    const all = contents(2000);
    await keep(folder, ...all);
    expect(await readdir(folder)).toEqual(['contents']);
    expect((await stat(join(folder, 'contents'))).size).toBeLessThan(200_000);
    expect(await found(folder, all)).toBe(2000);
  });

  it('nothing is made by a run that keeps nothing', async () => {
    const folder = join(await cacheFolder(), 'cache');
    expect(await found(folder, [bytes])).toBe(0);
    await expect(stat(folder)).rejects.toThrow('ENOENT');
  });

  it('are none where something else stands in their place', async () => {
    const folder = await cacheFolder();
    await mkdir(join(folder, 'contents'));
    await keep(folder, bytes);
    expect(await found(folder, [bytes])).toBe(0);
  });

  it('whose record is damaged or was not written to its end are none, and what stands before and after it is found', async () => {
    const folder = await cacheFolder();
    const path = join(folder, 'contents');
    const [first, second, third] = [contents(3), contents(3, 10), contents(3, 20)];
    await keep(folder, ...first);
    const { size } = await stat(path);
    await keep(folder, ...second);
    // Another run was killed while it wrote.
    await truncate(path, (await stat(path)).size - 5);
    await keep(folder, ...third);
    expect(await found(folder, [...first, ...third])).toBe(6);
    expect(await found(folder, second)).toBe(0);
    for (const position of [2, 9, 25, 31, size - 3]) {
      const damaged = await readFile(path);
      damaged[position]! ^= 0xff;
      const other = await cacheFolder();
      await writeFile(join(other, 'contents'), damaged);
      expect([await found(other, first), await found(other, third)]).toEqual([0, 3]);
    }
  });

  it('of a file that is something else are none, and are kept behind it', async () => {
    const folder = await cacheFolder();
    await writeFile(join(folder, 'contents'), Buffer.alloc(3_000_000, 'rgc1'));
    await keep(folder, bytes);
    expect(await found(folder, [bytes])).toBe(1);
  });

  it('the older half of them goes when there are too many, also where two processes find that at once', async () => {
    const folder = await cacheFolder();
    const write = (store: KeptContents, all: readonly Buffer[]): void => {
      for (const one of all) store.write(contentDigest(one), one);
      store.flush();
    };
    const [one, two] = [new KeptContents(folder, 1000), new KeptContents(folder, 1000)];
    for (let round = 0; round < 30; round++) {
      write(one, contents(20, 100 * round));
      write(two, contents(20, 100 * round + 50));
      // What a process has written itself, it finds.
      expect(text(one.read(contentDigest(contents(1, 100 * round)[0]!)))).toContain(`"number":${100 * round},`);
    }
    one.close();
    two.close();
    expect((await readdir(folder)).toSorted()).toEqual(['contents', 'contents.older']);
    const sizes = await Promise.all((await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size));
    expect(Math.max(...sizes)).toBeLessThan(3000);
    expect(await found(folder, contents(20, 2900))).toBe(20);
    expect(await found(folder, contents(20))).toBe(0);
  });

  it('two processes write at once, and one of them is killed', async () => {
    const folder = await cacheFolder();
    // Writes halves of records besides, as a process does that is killed.
    const script = `const fs = require('node:fs'); const record = fs.readFileSync(process.argv[1] + '.part');
      for (;;) {
        const f = fs.openSync(process.argv[1], 'a');
        fs.writeSync(f, record.subarray(0, Math.random() * record.length));
        fs.closeSync(f);
      }`;
    await keep(folder, ...contents(50));
    const path = join(folder, 'contents');
    await writeFile(`${path}.part`, await readFile(path));
    const other = spawn(process.execPath, ['-e', script, path]);
    const all = Array.from({ length: 20 }, (_, number) => contents(10, 1000 + 10 * number));
    for (const some of all) await keep(folder, ...some);
    other.kill('SIGKILL');
    await once(other, 'close');
    expect(await found(folder, all.flat())).toBe(200);
  });
});

describe('tags', () => {
  const tags: SeenTags = {
    digests: new Map([
      ['v1', digest],
      ['__proto__', digest],
    ]),
    firstSeen: new Map([['v1', '2026-01-01T00:00:00.000Z']]),
    whole: true,
  };

  it('are kept by registry and repository', async () => {
    const folder = await cacheFolder();
    const cache = openCache(folder);
    await cache.writeTags('https://a.example', 'team/app', { ...tags, digests: new Map([['v0', digest]]) });
    expect(await cache.writeTags('https://a.example', 'team/app', tags)).toBe(true);
    expect(await cache.readTags('https://a.example', 'team/app')).toEqual(tags);
    await cache.close();
    expect(await openCache(folder).readTags('https://a.example', 'team/app')).toEqual(tags);
    expect(await openCache(folder).readTags('https://b.example', 'team/app')).toEqual(NOTHING_SEEN);
    expect(await openCache(folder).readTags('https://a.example', 'team/web')).toEqual(NOTHING_SEEN);
  });

  it.each([null, [], 7, { whole: 'yes', tags: { v1: 7, '-': 'x' }, firstSeen: { v1: 'x' } }])(
    'are none in a fact that is %j',
    async (fact) => {
      const cache = openCache(await cacheFolder());
      await cache.writeFact('tags\nhttps://a.example\nteam/app', fact);
      expect(await cache.readTags('https://a.example', 'team/app')).toEqual(NOTHING_SEEN);
    },
  );

  it('that are as they were are not written again', async () => {
    const folder = await cacheFolder();
    const size = async (): Promise<number> => (await stat(join(folder, 'facts'))).size;
    const run = async (seen: SeenTags): Promise<void> => {
      const cache = openCache(folder);
      await cache.readTags('https://a.example', 'team/app');
      await cache.writeTags('https://a.example', 'team/app', seen);
      await cache.close();
    };
    await run(tags);
    const before = await size();
    await run({ ...tags, digests: new Map([...tags.digests].toReversed()) });
    expect(await size()).toBe(before);
    await run({ ...tags, whole: false });
    expect(await size()).toBeGreaterThan(before);
  });
});

describe('facts', () => {
  it('in a file that is mostly out of date are put together anew, without what another process left half-done', async () => {
    const folder = await cacheFolder();
    const random = (): string => Array.from({ length: 60_000 }, () => Math.random().toString(36).slice(2)).join('');
    const first = new KeptFacts(folder);
    first.write('other', 1);
    for (let number = 0; number < 12; number++) first.write('one', random());
    first.close();
    const { size } = await stat(join(folder, 'facts'));
    const second = new KeptFacts(folder);
    second.write('two', 2);
    expect((await stat(join(folder, 'facts'))).size).toBeLessThan(size / 6);
    // A process that had the old file open writes into the new one.
    const third = new KeptFacts(folder);
    third.read('two');
    second.write('three', 3);
    third.write('four', 4);
    expect(['other', 'two', 'three', 'four'].map((key) => new KeptFacts(folder).read(key))).toEqual([1, 2, 3, 4]);
    expect(String(new KeptFacts(folder).read('one'))).toHaveLength(String(third.read('one')).length);
    expect(await readdir(folder)).toEqual(['facts']);
    second.close();
    third.close();
  });

  it('that are damaged are none', async () => {
    const folder = await cacheFolder();
    const facts = new KeptFacts(folder);
    facts.write('key', 'value');
    facts.close();
    const path = join(folder, 'facts');
    const content = await readFile(path);
    content[content.length - 1]! ^= 1;
    await writeFile(path, content);
    expect(new KeptFacts(folder).read('key')).toBeUndefined();
  });
});

describe('the cache of an earlier release, with a file for each digest', () => {
  /** Files as that release made them, and some of others. */
  async function oldFolder(): Promise<string> {
    const folder = await cacheFolder();
    const hex = digest.slice(7);
    const files = [`sha256/${hex.slice(0, 2)}/${hex}`, `sha256/${hex.slice(0, 2)}/${hex}.00000000-0000-0000-0000-000000000000.tmp`];
    for (const file of [...files, `tags/${hex}.json`, 'tags/notes.json', 'sha256/notes.txt', 'notes.txt']) {
      await mkdir(join(folder, file, '..'), { recursive: true });
      await appendFile(join(folder, file), '');
    }
    return folder;
  }

  it('is removed with the first that is written, and nothing else that is in the folder', async () => {
    const folder = await oldFolder();
    await writeFile(join(folder, 'gone-through'), '');
    await keep(folder, bytes);
    const left = (await readdir(folder, { recursive: true })).toSorted();
    expect(left).toEqual(['contents', 'notes.txt', 'sha256', 'sha256/notes.txt', 'tags', 'tags/notes.json']);
  });

  it('is left alone where it has not the mark of that release', async () => {
    const folder = await oldFolder();
    const before = (await readdir(folder, { recursive: true })).length;
    await keep(folder, bytes);
    expect(await readdir(folder, { recursive: true })).toHaveLength(before + 1);
  });
});
