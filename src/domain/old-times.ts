import type { Manifest } from './inventory.ts';
import { DAY_MS, parseTime } from './time.ts';

/** Those times of a manifest that a registry begins anew when it is put back. */
export type RegistryTimes = Pick<Manifest, 'pushedAt' | 'pulledAt' | 'tagTimes' | 'firstSeen'>;

/** A manifest that was put back, or tags of it. */
export interface RestoredManifest {
  /** When that began, ISO 8601 UTC, by the clock of the machine that did it. */
  readonly at: string;
  /** The times that it had before it was deleted. */
  readonly had: RegistryTimes;
  /** The times that the registry gave it when it came back. Missing where they were not read, because that run was cut off. */
  readonly given?: RegistryTimes;
}

/**
 * The manifest with the times that it had before it was put back, wherever the registry still tells the time that it gave it then. A time
 * that was not read then is unknown, so that nothing is decided by it, unless it is clearly later than that run.
 */
export function withOldTimes(manifest: Manifest, restored: RestoredManifest): Manifest {
  return restored.given ? replaced(manifest, restored.had, restored.given) : unknown(manifest, restored);
}

function replaced(manifest: Manifest, had: RegistryTimes, given: RegistryTimes): Manifest {
  const { pushedAt, pulledAt, tagTimes, firstSeen, ...rest } = manifest;
  return withTimes(rest, {
    pushedAt: pushedAt !== undefined && pushedAt === given.pushedAt ? had.pushedAt : pushedAt,
    // A pull is never forgotten: without one, there may have been one before.
    pulledAt: given.pushedAt !== undefined && pulledAt === given.pulledAt ? had.pulledAt : pulledAt,
    tagTimes: eachTime(tagTimes, (tag, time) => (time === timeOf(given.tagTimes, tag) ? timeOf(had.tagTimes, tag) : time)),
    firstSeen: eachTime(firstSeen, (tag, time) => (time === timeOf(given.firstSeen, tag) ? timeOf(had.firstSeen, tag) : time)),
  });
}

function unknown(manifest: Manifest, { at, had }: RestoredManifest): Manifest {
  const { pushedAt, pulledAt, tagTimes, firstSeen, ...rest } = manifest;
  const end = (parseTime(at) ?? 0) + DAY_MS;
  const isLater = (time: string): boolean => (parseTime(time) ?? 0) > end;
  return withTimes(rest, {
    pushedAt: pushedAt !== undefined && had.pushedAt !== undefined && !isLater(pushedAt) ? undefined : pushedAt,
    pulledAt: pulledAt ?? had.pulledAt,
    tagTimes: eachTime(tagTimes, (tag, time) => (timeOf(had.tagTimes, tag) !== undefined && !isLater(time) ? undefined : time)),
    firstSeen,
  });
}

type Times = Readonly<Record<string, string>> | undefined;

function timeOf(times: Times, tag: string): string | undefined {
  return times && Object.hasOwn(times, tag) ? times[tag] : undefined;
}

function eachTime(times: Times, change: (tag: string, time: string) => string | undefined): Times {
  if (!times) return undefined;
  return Object.fromEntries(
    Object.entries(times).flatMap(([tag, time]): [string, string][] => {
      const changed = change(tag, time);
      return changed === undefined ? [] : [[tag, changed]];
    }),
  );
}

function withTimes(
  manifest: Omit<Manifest, keyof RegistryTimes>,
  { pushedAt, pulledAt, tagTimes, firstSeen }: { readonly [Key in keyof RegistryTimes]-?: RegistryTimes[Key] | undefined },
): Manifest {
  return {
    ...manifest,
    ...(pushedAt !== undefined && { pushedAt }),
    ...(pulledAt !== undefined && { pulledAt }),
    ...(tagTimes && { tagTimes }),
    ...(firstSeen && { firstSeen }),
  };
}
