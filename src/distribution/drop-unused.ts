import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { touch } from '../diagnostics/guarded-file.ts';
import { isDigest } from '../domain/digest.ts';
import { DAY_MS } from '../domain/time.ts';

/** What was not used for so long is dropped. */
const UNUSED_MS = 30 * DAY_MS;
const ALGORITHMS = ['sha256', 'sha384', 'sha512'];
/** The time of this file is when the folder was last gone through. */
const MARK = 'gone-through';

/**
 * Drops what was not used for 30 days from a cache's folder, at most once a day. The time of a file is the time of its last use.
 * Only files whose names are those of the cache are touched. Throws nothing: what cannot be dropped stays.
 */
export async function dropUnused(folder: string, now = Date.now()): Promise<void> {
  try {
    const mark = join(folder, MARK);
    const last = await timeOf(mark);
    // A mark from ahead of now is from a clock that was wrong.
    if (last !== undefined && last <= now && now - last < DAY_MS) return;
    await touch(mark);
    await utimes(mark, new Date(now), new Date(now));
    for await (const path of ownFiles(folder)) {
      const used = await timeOf(path);
      if (used !== undefined && now - used > UNUSED_MS) await rm(path, { force: true });
    }
  } catch {
    // The cache is larger than it need be, and no worse.
  }
}

/** When it was last written or used, in milliseconds since the epoch; undefined where it is not there. */
async function timeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.mtimeMs;
}

async function* ownFiles(folder: string): AsyncGenerator<string> {
  for (const algorithm of ALGORITHMS) {
    for (const start of await namesIn(join(folder, algorithm))) {
      if (!/^[0-9a-f]{2}$/.test(start)) continue;
      for (const name of await namesIn(join(folder, algorithm, start)))
        if (isOwn(name, (hex) => isDigest(`${algorithm}:${hex}`))) yield join(folder, algorithm, start, name);
    }
  }
  for (const name of await namesIn(join(folder, 'tags')))
    if (isOwn(name, (text) => /^[0-9a-f]{64}\.json$/.test(text))) yield join(folder, 'tags', name);
}

/** True also of a file that a run left half-written when it was killed. */
function isOwn(name: string, isContent: (name: string) => boolean): boolean {
  return isContent(name.replace(/\.[0-9a-f-]{36}\.tmp$/, ''));
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
