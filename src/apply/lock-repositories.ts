import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ChangeGuard } from '../diagnostics/change-guard.ts';
import { touch } from '../diagnostics/guarded-file.ts';
import { makeFolder } from '../diagnostics/make-folder.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { fileKey } from '../documents/file-key.ts';
import { Lease, type LeaseState, type LeaseTimes, watchLease } from './lease.ts';

export interface LockedRepository {
  /** The registry's base URL: it may go by several names. */
  readonly url: string;
  readonly repository: string;
}

export interface LockOptions {
  /** Default: renewed every ten seconds, over after a minute and a half. */
  readonly times?: LeaseTimes | undefined;
  /** Where pids mean what they do here: one host since it started, and one pid namespace, since containers count theirs from 1. */
  readonly place?: string;
  /** Asks for as long as the repositories are claimed whether they still are. */
  readonly changes?: ChangeGuard | undefined;
  /** Ends the looking on whether a run lives that has one of them: then it counts as one that does. */
  readonly signal?: AbortSignal | undefined;
}

/** The repositories that a run has claimed. */
export interface RepositoryLock {
  /** True once another run may have them: asked before each change. */
  readonly isLost: boolean;
  /**
   * Gives them free. Throws nothing: what cannot be taken away is over as soon as this process is, and what was done is not to be lost for
   * it.
   */
  readonly free: () => Promise<void>;
}

/** Why a run that has lost its lock changes nothing more. */
export const LOCK_LOST = new ToolError(
  'NOT_APPLYABLE',
  'this run stood still, or could not reach its journal folder, for so long that another run may have locked its repositories',
  { hint: 'what it had done is in its journal. Once the other run has ended, run again for the rest' },
);

const ATTEMPTS = 4;
const CLAIM = /^([0-9a-f]{32})\.((.+)\.(\d+)\.[0-9a-f]{16})$/;
const LEASE = 'lease';
/** A lease that was renewed last so long ago, by whatever clock, is of a run that is over. */
const OLD = 15 * 60_000;
const PLACE = [
  hostname()
    .replaceAll(/[^a-zA-Z0-9-]/g, '_')
    .slice(0, 100),
  bootId(),
  pidNamespace(),
].join('-');
/** The claims of this process, so that one left by an earlier process of the same pid is not taken for its own. */
const own = new Set<string>();

/**
 * Claims repositories for one run. Whoever wants a repository first puts down a claim, an empty file of a
 * name that is never used twice, and then looks whether anybody else has one there: of two that come at once each sees the other's, so
 * never do both go on. They withdraw and try again after a moment. A claim whose process is gone is removed; since names are never reused,
 * that cannot hit a living one.
 *
 * Of a process of another place, such as a pod that shares the folder, nobody can tell whether it is gone. So each run has a lease beside
 * its claims: one that is seen not to be renewed for a minute and a half is taken away, and with it the claims. A run that comes back after
 * that, because it was only stopped, finds its lease gone before its next change.
 *
 * Throws `NOT_APPLYABLE` where another run has one of them, `JOURNAL_WRITE` where the folder cannot be written.
 */
export async function lockRepositories(
  folder: string,
  repositories: readonly LockedRepository[],
  { times, place = PLACE, changes, signal }: LockOptions = {},
): Promise<RepositoryLock> {
  const locks = join(folder, 'locks');
  for (let attempt = 1; ; attempt++) {
    const holder = `${place}.${process.pid}.${randomBytes(8).toString('hex')}`;
    const claims = new Map(repositories.map((one) => [`${fileKey(one)}.${holder}`, one]));
    let lease: Lease | undefined;
    let unguarded: (() => void) | undefined;
    const free = async (): Promise<void> => {
      unguarded?.();
      for (const name of claims.keys()) {
        own.delete(name);
        await rm(join(locks, name), { force: true }).catch(() => {});
      }
      await lease?.release().catch(() => {});
    };
    let rival: Rival | undefined;
    try {
      await makeFolder(locks);
      const taken = (lease = await Lease.take(join(locks, `${LEASE}.${holder}`), times));
      for (const name of claims.keys()) {
        own.add(name);
        await touch(join(locks, name), { exclusive: true });
      }
      rival = await findRival(locks, claims, place);
      if (!rival) {
        unguarded = changes?.askFirst(() => (taken.isLost ? LOCK_LOST : undefined));
        return {
          free,
          get isLost() {
            return taken.isLost;
          },
        };
      }
    } catch (error) {
      await free();
      throw cannotLock(locks, error);
    }
    await free();
    const seen = await lookOn(locks, rival, times, signal).catch((error: unknown) => {
      throw cannotLock(locks, error);
    });
    const isOut = attempt >= ATTEMPTS || (seen === 'unknown' && signal?.aborted);
    if (seen === 'renewed' || (seen !== 'over' && isOut)) throw await inUse(locks, rival);
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
  for (const name of names) if (wanted.has(name.slice(0, 32)) && !isDead(name, PLACE) && !(await hasOldLease(folder, name))) return true;
  return false;
}

interface Rival extends LockedRepository {
  readonly name: string;
  /** By which its lease is called, of one of another place. */
  readonly holder: string | undefined;
}

/** Looks on until it is known whether the holder of a claim lives, and takes away what it has left if not. */
async function lookOn(
  locks: string,
  { name, holder }: Rival,
  times: LeaseTimes | undefined,
  signal: AbortSignal | undefined,
): Promise<LeaseState> {
  if (holder === undefined) return 'unknown';
  const seen = await watchLease(join(locks, `${LEASE}.${holder}`), () => isThere(join(locks, name)), times, signal);
  if (seen === 'over') await removeAll(locks, holder);
  return seen;
}

function cannotLock(locks: string, cause: unknown): ToolError {
  return new ToolError('JOURNAL_WRITE', `cannot lock the repositories in ${locks}: ${(cause as Error).message}`, {
    hint: 'the journal folder must be there and writable: nothing is deleted without its journal. Give another folder',
    cause,
  });
}

/** Every claim that a holder has put down, after its lease. */
async function removeAll(locks: string, holder: string): Promise<void> {
  await rm(join(locks, `${LEASE}.${holder}`), { force: true });
  for (const name of await readdir(locks)) if (name.endsWith(`.${holder}`)) await rm(join(locks, name), { force: true });
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}

/** The clocks of two machines may differ, so this only tells where nobody acts without the lock itself. */
async function hasOldLease(folder: string, claim: string): Promise<boolean> {
  const [, , holder] = CLAIM.exec(claim) ?? [];
  if (holder === undefined) return false;
  return stat(join(folder, 'locks', `${LEASE}.${holder}`)).then(
    ({ mtimeMs }) => Date.now() - mtimeMs > OLD,
    () => false,
  );
}

/** A living claim of somebody else on one of these; what the dead have left is removed on the way. */
async function findRival(locks: string, claims: ReadonlyMap<string, LockedRepository>, here: string): Promise<Rival | undefined> {
  const wanted = new Map([...claims.values()].map((one) => [fileKey(one), one]));
  for (const name of await readdir(locks)) {
    const repository = wanted.get(name.slice(0, 32));
    if (!repository || claims.has(name)) continue;
    const [, , holder, place] = CLAIM.exec(name) ?? [];
    if (!isDead(name, here)) return { name, holder: place === here ? undefined : holder, ...repository };
    if (holder !== undefined) await removeAll(locks, holder);
  }
  return undefined;
}

/** Sure only of processes of this host and pid namespace. */
function isDead(name: string, here: string): boolean {
  const [, , , place, pid] = CLAIM.exec(name) ?? [];
  if (place !== here || own.has(name)) return false;
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
  const [, , , place, pid] = CLAIM.exec(name) ?? [];
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

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
  } catch {
    return '0';
  }
}

function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
}
