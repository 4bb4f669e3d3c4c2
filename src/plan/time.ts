import type { Capabilities, Manifest } from '../domain/inventory.ts';
import { knownTime } from '../domain/time.ts';
import type { Node } from '../graph/graph.ts';
import type { Order } from '../policy/ordering/order.ts';
import type { Clock } from './plan.ts';

/** A time as it was read, with its milliseconds since the epoch. */
export interface Moment {
  readonly text: string;
  readonly time: number;
  /** It is the time of a pull. */
  readonly isPull?: true;
}

/** The same, where it may not be known. */
type MaybeMoment = Pick<Moment, 'isPull'> & { readonly text: string | undefined; readonly time: number | undefined };

/** The time that stands for "pushed": what the registry has of pushed and created. A capability decides, never one missing value. */
export function clockOf(capabilities: Capabilities): Clock {
  return capabilities.pushedAt ? 'pushed' : capabilities.createdAt ? 'created' : 'none';
}

/** The text of a manifest's time by that clock. */
export function clockTime(manifest: Manifest, clock: Clock): string | undefined {
  return clock === 'pushed' ? manifest.pushedAt : clock === 'created' ? manifest.createdAt : undefined;
}

/** The times of the manifests of one repository, as of one instant. What is unknown is undefined. */
export class Times {
  readonly now: number;
  readonly clock: Clock;
  readonly #capabilities: Capabilities;
  /** By index of the node; 0 until it is asked for, NaN where it is unknown. */
  readonly #clockTimes: Float64Array;
  readonly #pulls = new Map<Node, Moment | 'never' | 'unknown'>();

  constructor(nodes: readonly Node[], capabilities: Capabilities, now: number) {
    this.now = now;
    this.clock = clockOf(capabilities);
    this.#capabilities = capabilities;
    this.#clockTimes = new Float64Array(nodes.length);
  }

  /** {@link knownTime} as of the instant of these. */
  known(text: string | undefined): number | undefined {
    return knownTime(text, this.now);
  }

  /** When it was pushed, as far as this registry can tell. */
  pushed({ index, manifest }: Node): number | undefined {
    let time = this.#clockTimes[index] as number;
    if (time === 0) {
      time = knownTime(clockTime(manifest, this.clock), this.now) ?? Number.NaN;
      this.#clockTimes[index] = time;
    }
    return Number.isNaN(time) ? undefined : time;
  }

  /** The text that {@link pushed} is read from. */
  pushedText({ manifest }: Node): string | undefined {
    return clockTime(manifest, this.clock);
  }

  /**
   * When it was pushed and when it was built, each where the registry records it: what decides between two that are equally new by an
   * order.
   */
  pushedAndCreated({ manifest }: Node): readonly [pushed: number | undefined, created: number | undefined] {
    const { pushedAt, createdAt } = this.#capabilities;
    return [pushedAt ? this.known(manifest.pushedAt) : undefined, createdAt ? this.known(manifest.createdAt) : undefined];
  }

  /** When a tag was set. */
  tagged({ manifest: { tagTimes } }: Node, tag: string): number | undefined {
    return tagTimes && Object.hasOwn(tagTimes, tag) ? knownTime(tagTimes[tag], this.now) : undefined;
  }

  /** The newest of the known times of some of its tags. */
  newestTagged(node: Node, tags: readonly string[]): number | undefined {
    if (!node.manifest.tagTimes) return undefined;
    let newest: number | undefined;
    for (const tag of tags) {
      const time = this.tagged(node, tag);
      if (time !== undefined && (newest === undefined || time > newest)) newest = time;
    }
    return newest;
  }

  /**
   * When it was last pulled: of an index, it or anything that it lists, to any depth. `unknown` where a time that is there cannot be read.
   */
  pulled(node: Node): Moment | 'never' | 'unknown' {
    if (node.children.length === 0) return this.#ownPull(node);
    const known = this.#pulls.get(node);
    if (known !== undefined) return known;
    const parts = new Set([node]);
    let newest: Moment | 'never' = 'never';
    for (const part of parts) {
      const own = this.#ownPull(part);
      if (own === 'unknown') {
        this.#pulls.set(node, own);
        return own;
      }
      if (own !== 'never' && (newest === 'never' || own.time > newest.time)) newest = own;
      for (const child of part.children) parts.add(child);
    }
    this.#pulls.set(node, newest);
    return newest;
  }

  /**
   * The time that an order names, for an image with these claimed tags; of the times of several tags the newest, and unknown if one of them
   * is unknown, for then the newest is unknown too. The orders that read a tag name the time when it was pushed.
   */
  byOrder(order: Order, node: Node, tags: readonly string[]): MaybeMoment {
    if (order === 'created') return { text: node.manifest.createdAt, time: knownTime(node.manifest.createdAt, this.now) };
    if (order === 'pulled' || order === 'active') return this.#byPull(order, node);
    if (order === 'tagged' && this.#capabilities.tagTimes) return this.#byTags(node, tags);
    return { text: this.pushedText(node), time: this.pushed(node) };
  }

  #ownPull({ manifest: { pulledAt } }: Node): Moment | 'never' | 'unknown' {
    if (pulledAt === undefined) return 'never';
    const time = knownTime(pulledAt, this.now);
    return time === undefined ? 'unknown' : { text: pulledAt, time, isPull: true };
  }

  #byPull(order: 'pulled' | 'active', node: Node): MaybeMoment {
    const pulled = this.pulled(node);
    if (pulled === 'unknown') return { text: node.manifest.pulledAt, time: undefined };
    if (order === 'pulled' && pulled !== 'never') return pulled;
    const pushed = { text: this.pushedText(node), time: this.pushed(node) };
    return pulled !== 'never' && pushed.time !== undefined && pulled.time > pushed.time ? pulled : pushed;
  }

  #byTags(node: Node, tags: readonly string[]): MaybeMoment {
    const { tagTimes } = node.manifest;
    let newest: Moment | undefined;
    for (const tag of tags) {
      const time = this.tagged(node, tag);
      if (time === undefined) return { text: undefined, time };
      if (!newest || time > newest.time) newest = { text: tagTimes?.[tag] as string, time };
    }
    return newest ?? { text: undefined, time: undefined };
  }
}
