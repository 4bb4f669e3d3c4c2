import { byCodeUnit } from '../../domain/compare.ts';
import type { Order } from './order.ts';
import { compareNumeric, type NumericKey, parseNumeric } from './numeric.ts';
import { compareVersions, parseVersion, type Version } from './semver.ts';

/** An order that reads the tag: `parse` answers undefined for a tag that has no place in it. */
export interface TagOrder<Key> {
  readonly parse: (tag: string) => Key | undefined;
  /** Ascending: the highest is the newest. */
  readonly compare: (a: Key, b: Key) => number;
}

const TAG_ORDERS = {
  semver: { parse: parseVersion, compare: compareVersions } satisfies TagOrder<Version>,
  numeric: { parse: parseNumeric, compare: compareNumeric } satisfies TagOrder<NumericKey>,
  alphabetical: { parse: (tag: string) => tag, compare: byCodeUnit } satisfies TagOrder<string>,
};

/** The tag order of that name; undefined for the orders that read a time. */
export function tagOrder(order: Order): TagOrder<unknown> | undefined {
  return (TAG_ORDERS as Partial<Record<Order, TagOrder<unknown>>>)[order];
}
