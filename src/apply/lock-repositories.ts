import { randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { touch } from '../diagnostics/guarded-file.ts';
import { makeFolder } from '../diagnostics/make-folder.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { fileKey } from '../documents/file-key.ts';

export interface LockedRepository {
  /** The registry's base URL: it may go by several names. */
  readonly url: string;
  readonly repository: string;
}

const ATTEMPTS = 4;
const CLAIM = /^([0-9a-f]{32})\.(.+)\.(\d+)\.[0-9a-f]{16}$/;
/** Pids mean something only within one host and one pid namespace: containers count theirs from 1. */
const PLACE = `${hostname()
  .replaceAll(/[^a-zA-Z0-9-]/g, '_')
  .slice(0, 100)}-${pidNamespace()}`;
/** The claims of this process, so that one left by an earlier process of the same pid is not taken for its own. */
const own = new Set<string>();

/**
 * Claims repositories for one run; answers how to give them free. Whoever wants a repository first puts down a claim, an empty file of a
 * name that is never used twice, and then looks whether anybody else has one there: of two that come at once each sees the other's, so
 * never do both go on. They withdraw and try again after a moment. A claim whose process is gone is removed; since names are never reused,
 * that cannot hit a living one.
 *
 * Throws `NOT_APPLYABLE` where another run has one of them, `JOURNAL_WRITE` where the folder cannot be written.
 */
export async function lockRepositories(folder: string, repositories: readonly LockedRepository[]): Promise<() => Promise<void>> {
  const locks = join(folder, 'locks');
  for (let attempt = 1; ; attempt++) {
    const claims = new Map(repositories.map((one) => [`${fileKey(one)}.${PLACE}.${process.pid}.${randomBytes(8).toString('hex')}`, one]));
    const free = async (): Promise<void> => {
      for (const name of claims.keys()) {
        await rm(join(locks, name), { force: true });
        own.delete(name);
      }
    };
    let rival: Rival | undefined;
    try {
      await makeFolder(locks);
      for (const name of claims.keys()) {
        own.add(name);
        await touch(join(locks, name), { exclusive: true });
      }
      rival = await findRival(locks, claims);
    } catch (error) {
      await free().catch(() => {});
      throw new ToolError('JOURNAL_WRITE', `cannot lock the repositories in ${locks}: ${(error as Error).message}`, {
        hint: 'the journal folder must be there and writable: nothing is deleted without its journal. Give another folder',
        cause: error,
      });
    }
    if (!rival) return free;
    await free();
    if (attempt === ATTEMPTS) throw await inUse(locks, rival);
    await wait(50 + Math.random() * 200);
  }
}

/** Whether a run that is under way has one of these repositories. Changes nothing. */
export async function isLocked(folder: string, repositories: readonly LockedRepository[]): Promise<boolean> {
  const wanted = new Set(repositories.map(fileKey));
  const names = await readdir(join(folder, 'locks')).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.some((name) => wanted.has(name.slice(0, 32)) && !isDead(name));
}

interface Rival extends LockedRepository {
  readonly name: string;
}

/** A living claim of somebody else on one of these; what the dead have left is removed on the way. */
async function findRival(locks: string, claims: ReadonlyMap<string, LockedRepository>): Promise<Rival | undefined> {
  const wanted = new Map([...claims.values()].map((one) => [fileKey(one), one]));
  for (const name of await readdir(locks)) {
    const repository = wanted.get(name.slice(0, 32));
    if (!repository || claims.has(name)) continue;
    if (!isDead(name)) return { name, ...repository };
    await rm(join(locks, name), { force: true });
  }
  return undefined;
}

/** Sure only of processes of this host and pid namespace. */
function isDead(name: string): boolean {
  const [, , place, pid] = CLAIM.exec(name) ?? [];
  if (place !== PLACE || own.has(name)) return false;
  if (Number(pid) === process.pid) return true;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

async function inUse(locks: string, { name, url, repository }: Rival): Promise<ToolError> {
  const file = join(locks, name);
  const [, , place, pid] = CLAIM.exec(name) ?? [];
  const since = await stat(file).then(
    ({ mtime }) => ` since ${mtime.toISOString()}`,
    () => '',
  );
  return new ToolError(
    'NOT_APPLYABLE',
    `another run has locked ${repository} of ${url}${since} (process ${pid ?? '?'} on ${place ?? 'an unknown host'})`,
    {
      hint: `wait for it to end; if there is no such run any more, delete ${file}`,
    },
  );
}

function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
}
