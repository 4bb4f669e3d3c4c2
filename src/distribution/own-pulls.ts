import { type Digest, isDigest } from '../domain/digest.ts';
import { asList, asObject, asText } from '../domain/json.ts';
import { parseTime } from '../domain/time.ts';
import type { ContentCache } from './cache.ts';

/** When this program itself pulled a manifest, because its registry counts reading one as a pull. Times are ISO 8601 UTC. */
export interface OwnPull {
  /** The last pull that the registry told before; missing: none. */
  readonly before?: string;
  /** When it was read, the last time last. */
  readonly at: readonly string[];
}

/** By digest, of one repository. */
export type OwnPulls = ReadonlyMap<Digest, OwnPull>;

/** So long before and after a reading the registry's clock may put the pull: its clock may differ, and a throttled call is tried again. */
const BEFORE_MS = 15 * 60_000;
const AFTER_MS = 60 * 60_000;
/** A registry that writes down one pull a day keeps the time of an earlier reading: more than the last few are never asked for. */
const MOST_TIMES = 5;

/** What the cache remembers of a repository. `registry` is its URL. */
export async function readOwnPulls(cache: ContentCache | undefined, registry: string, repository: string): Promise<OwnPulls> {
  const pulls = new Map<Digest, OwnPull>();
  for (const [digest, value] of Object.entries(asObject(await cache?.readFact(keyOf(registry, repository))) ?? {})) {
    const { before, at } = asObject(value) ?? {};
    const told = asText(before);
    const times = (asList(at) ?? []).filter((time): time is string => typeof time === 'string');
    if (isDigest(digest)) pulls.set(digest, { ...(told !== undefined && { before: told }), at: times });
  }
  return pulls;
}

/** Remembers it, in place of what was remembered before. */
export async function writeOwnPulls(cache: ContentCache | undefined, registry: string, repository: string, pulls: OwnPulls): Promise<void> {
  await cache?.writeFact(keyOf(registry, repository), Object.fromEntries(pulls));
}

/** The last pull by others, of what the registry tells now: its own time, or what it told before this program pulled. */
export function pullByOthers(pulledAt: string | undefined, own: OwnPull | undefined): string | undefined {
  const time = pulledAt === undefined ? undefined : parseTime(pulledAt);
  if (time === undefined || !own) return pulledAt;
  const isOwn = own.at.some((text) => {
    const read = parseTime(text);
    return read !== undefined && time >= read - BEFORE_MS && time <= read + AFTER_MS;
  });
  return isOwn ? own.before : pulledAt;
}

/** What is to be remembered of a manifest that is about to be read: `pulledAt` is what the registry tells of it now. */
export function readingNow(pulledAt: string | undefined, own: OwnPull | undefined, now: string): OwnPull {
  const before = pullByOthers(pulledAt, own);
  return { ...(before !== undefined && { before }), at: [...(own?.at ?? []), now].slice(-MOST_TIMES) };
}

function keyOf(registry: string, repository: string): string {
  return `pulls\n${registry}\n${repository}`;
}
