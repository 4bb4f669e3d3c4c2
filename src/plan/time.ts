import { parseISO } from 'date-fns/parseISO';
import type { Capabilities, Manifest } from '../domain/inventory.ts';
import type { Order } from '../policy/ordering/order.ts';
import { DAY_MS } from '../policy/units.ts';
import type { Clock } from './plan.ts';

const EARLIEST = Date.UTC(2000, 0, 1);
// RFC 3339: a date and time with a zone. What else a date library takes may mean another time on another machine.
const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

// What registries and this program write, of a day that every month has: the language's own format, which its own parser reads the same everywhere, and in a tenth of the time.
const USUAL = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{3})?Z$/;

/**
 * Milliseconds since the epoch, UTC. Undefined for a time that is missing, is no RFC 3339 time, lies before 2000-01-01 (reproducible
 * builds write 1970 or 1980) or more than a day ahead of now: unknown, which never means old.
 */
export function knownTime(text: string | undefined, now: number): number | undefined {
  if (text === undefined || !RFC3339.test(text)) return undefined;
  const time = USUAL.test(text) ? Date.parse(text) : parseISO(text.toUpperCase()).getTime();
  return time >= EARLIEST && time <= now + DAY_MS ? time : undefined;
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
