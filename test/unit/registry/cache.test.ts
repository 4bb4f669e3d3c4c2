import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contentDigest } from '../../../src/distribution/content-digest.ts';
import { NOTHING_SEEN, type SeenTags } from '../../../src/distribution/seen-tags.ts';
import { cacheFolder, NOWHERE, openCache } from './oci-fixture.ts';
import { asDigest } from '../../digest.ts';

const bytes = Buffer.from('{"a":1}');
const digest = contentDigest(bytes);
const place = (folder: string) => join(folder, 'sha256', digest.slice(7, 9), digest.slice(7));
const text = (read: Uint8Array | undefined) => read && Buffer.from(read).toString();

describe('contents', () => {
  it('are kept by their digest, for this user alone', async () => {
    const folder = join(await cacheFolder(), 'made', 'for', 'it');
    await openCache(folder).write(digest, bytes);
    expect(text(await openCache(folder).read(digest))).toBe('{"a":1}');
    expect(await readFile(place(folder), 'utf8')).toBe('{"a":1}');
    expect((await stat(place(folder))).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it('are kept by sha512 as well', async () => {
    const cache = openCache(await cacheFolder());
    const long = contentDigest(bytes, asDigest('sha512:'));
    await cache.write(long, bytes);
    expect(text(await cache.read(long))).toBe('{"a":1}');
  });

  it('are checked when they are read, and dropped where they are damaged', async () => {
    const folder = await cacheFolder();
    const cache = openCache(folder);
    await cache.write(digest, bytes);
    await writeFile(place(folder), '{"a":2}');
    expect(await cache.read(digest)).toBeUndefined();
    await expect(stat(place(folder))).rejects.toThrow('ENOENT');
  });

  it('are not kept under another digest', async () => {
    const folder = await cacheFolder();
    await openCache(folder).write(NOWHERE, bytes);
    expect(await readdir(folder)).toEqual([]);
  });

  it('leave nothing half-written beside them', async () => {
    const folder = await cacheFolder();
    await Promise.all(Array.from({ length: 20 }, () => openCache(folder).write(digest, bytes)));
    const files = (await readdir(join(folder, 'sha256'), { recursive: true, withFileTypes: true })).filter((file) => file.isFile());
    expect(files.map(({ name }) => name)).toEqual([digest.slice(7)]);
  });

  it('are none where something else stands in their place', async () => {
    const folder = await cacheFolder();
    await mkdir(place(folder), { recursive: true });
    const cache = openCache(folder);
    await cache.write(digest, bytes);
    expect(await cache.read(digest)).toBeUndefined();
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
    expect(await openCache(folder).readTags('https://a.example', 'team/app')).toEqual(tags);
    expect(await openCache(folder).readTags('https://b.example', 'team/app')).toEqual(NOTHING_SEEN);
    expect(await openCache(folder).readTags('https://a.example', 'team/web')).toEqual(NOTHING_SEEN);
  });

  it.each(['', 'null', '[]', '{"formatVersion":"2.0"}', '{"formatVersion":"1.0","tags":{"v1":7,"-":"x"},"firstSeen":{"v1":"x"}}'])(
    'are none in a file that holds %s',
    async (content) => {
      const folder = await cacheFolder();
      const cache = openCache(folder);
      await cache.writeTags('https://a.example', 'team/app', tags);
      const [file] = await readdir(join(folder, 'tags'));
      await writeFile(join(folder, 'tags', file!), content);
      expect(await cache.readTags('https://a.example', 'team/app')).toEqual(NOTHING_SEEN);
    },
  );
});

describe('what was not used for 30 days', () => {
  const DAY = 86_400_000;
  const at = (days: number): Date => new Date(Date.now() - days * DAY);
  const age = (path: string, days: number): Promise<void> => utimes(path, at(days), at(days));
  const exists = (path: string): Promise<boolean> =>
    stat(path).then(
      () => true,
      () => false,
    );
  const fresh = Buffer.from('fresh');

  async function agedCache(days: number): Promise<string> {
    const folder = await cacheFolder();
    await openCache(folder).write(digest, bytes);
    await age(place(folder), days);
    return folder;
  }
  /** Writes something, as the next day's run does. */
  async function nextRun(folder: string, markDays = 2): Promise<void> {
    await age(join(folder, 'gone-through'), markDays);
    await openCache(folder).write(contentDigest(fresh), fresh);
  }

  it('is dropped when something is written, and what was used stays', async () => {
    const folder = await agedCache(31);
    await nextRun(folder);
    expect(await exists(place(folder))).toBe(false);
    const used = await agedCache(31);
    await openCache(used).read(digest);
    await nextRun(used);
    expect(await exists(place(used))).toBe(true);
    const young = await agedCache(29);
    await nextRun(young);
    expect(await exists(place(young))).toBe(true);
  });

  it('is looked for once a day', async () => {
    const folder = await agedCache(31);
    await nextRun(folder, 0.5);
    expect(await exists(place(folder))).toBe(true);
    // A clock that was ahead does not put it off for good.
    await nextRun(folder, -400);
    expect(await exists(place(folder))).toBe(false);
  });

  it('is dropped with lists of tags and what was left half-written, and nothing else that is in the folder', async () => {
    const folder = await agedCache(31);
    const cache = openCache(folder);
    await cache.writeTags('https://registry.example.com', 'team/app', { ...NOTHING_SEEN, digests: new Map([['v1', digest]]) });
    const [tags = ''] = await readdir(join(folder, 'tags'));
    const half = `${place(folder)}.00000000-0000-0000-0000-000000000000.tmp`;
    const own = [place(folder), half, join(folder, 'tags', tags)];
    const others = [
      join(folder, 'notes.txt'),
      join(folder, 'sha256', 'notes.txt'),
      join(folder, 'sha256', digest.slice(7, 9), 'notes.txt'),
      join(folder, 'tags', 'notes.json'),
    ];
    for (const path of [half, ...others]) await writeFile(path, '');
    for (const path of [...own, ...others]) await age(path, 400);
    await nextRun(folder);
    expect(await Promise.all(own.map(exists))).toEqual([false, false, false]);
    expect(await Promise.all(others.map(exists))).toEqual([true, true, true, true]);
  });
});
