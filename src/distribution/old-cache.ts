import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Which releases up to 0.1.0 wrote into the folder of their cache, and nothing else did. */
const MARK = 'gone-through';
const ALGORITHMS = ['sha256', 'sha384', 'sha512'];
/** A file that such a run left half-written ends like this. */
const HALF = String.raw`(\.[0-9a-f-]{36}\.tmp)?$`;

/**
 * Removes the cache of an earlier release, which had a file for each digest and for each repository. Only where that release left its mark,
 * and only files whose names are of its kind. Throws nothing: what cannot be removed stays.
 */
export async function removeOldCache(folder: string): Promise<void> {
  const mark = join(folder, MARK);
  try {
    await stat(mark);
    for (const algorithm of ALGORITHMS) {
      for (const start of await namesIn(join(folder, algorithm), /^[0-9a-f]{2}$/)) {
        await removeFiles(join(folder, algorithm, start), new RegExp(`^[0-9a-f]{64,128}${HALF}`));
      }
      await rmdir(join(folder, algorithm)).catch(() => {});
    }
    await removeFiles(join(folder, 'tags'), new RegExp(String.raw`^[0-9a-f]{64}\.json${HALF}`));
    await rm(mark);
  } catch {
    // Larger than it need be, and no worse.
  }
}

/** Removes these files of a folder, and the folder if it is empty then. */
async function removeFiles(folder: string, names: RegExp): Promise<void> {
  for (const name of await namesIn(folder, names)) await rm(join(folder, name), { force: true });
  await rmdir(folder).catch(() => {});
}

async function namesIn(folder: string, names: RegExp): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).filter((name) => names.test(name));
}
