import type { Capabilities, Manifest } from '../domain/inventory.ts';
import { DAY_MS, parseTime } from '../domain/time.ts';
import type { Order } from '../policy/ordering/order.ts';
import type { Clock } from './plan.ts';

const EARLIEST = Date.UTC(2000, 0, 1);

/**
 * Milliseconds since the epoch, UTC. Undefined for a time that is missing, is not an RFC 3339 time, lies before 2000-01-01
 * (reproducible builds write 1970 or 1980) or more than a day ahead of now: it is unknown, which never means old.
 */
export function knownTime(text: string | undefined, now: number): number | undefined {
  const time = text === undefined ? undefined : parseTime(text);
  return time !== undefined && time >= EARLIEST && time <= now + DAY_MS ? time : undefined;
}

/** The time that stands for "pushed": what the registry has of pushed and created. A capability decides, never one missing value. */
export function clockOf(capabilities: Capabilities): Clock {
  return capabilities.pushedAt ? 'pushed' : capabilities.createdAt ? 'created' : 'none';
}

/** The text of a manifest's time by that clock. */
export function clockTime(manifest: Manifest, clock: Clock): string | undefined {
  return clock === 'pushed' ? manifest.pushedAt : clock === 'created' ? manifest.createdAt : undefined;
}

/**
 * The text of the time that an order names, for an image with these claimed tags; of several tag times the newest, and undefined if
 * one of them is unknown, for then the newest is unknown too.
 */
export function orderTime(
  order: Order,
  manifest: Manifest,
  tags: readonly string[],
  capabilities: Capabilities,
  now: number,
): string | undefined {
  if (order === 'created') return manifest.createdAt;
  if (order !== 'tagged' || !capabilities.tagTimes) return clockTime(manifest, clockOf(capabilities));
  let newest: { readonly text: string; readonly time: number } | undefined;
  for (const tag of tags) {
    const text = manifest.tagTimes && Object.hasOwn(manifest.tagTimes, tag) ? manifest.tagTimes[tag] : undefined;
    const time = knownTime(text, now);
    if (text === undefined || time === undefined) return undefined;
    if (!newest || time > newest.time) newest = { text, time };
  }
  return newest?.text;
}
