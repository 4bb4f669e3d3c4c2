import { sortedByNumber } from '../domain/sorted-by-number.ts';
import { DAY_MS } from '../domain/time.ts';
import type { Node } from '../graph/graph.ts';
import { type Keep, keptBy, measuresAge, measuresPulls, type Standing } from '../policy/keep/keep.ts';
import { groupOf, isCapture } from '../policy/ordering/group.ts';
import type { Version } from '../policy/ordering/semver.ts';
import { type TagOrder, tagOrder } from '../policy/ordering/tag-order.ts';
import type { Rule } from '../policy/policy.ts';
import { isTimeOrder } from '../policy/ordering/order.ts';
import { lifetimeOf } from './lifetime.ts';
import type { Reason, ReasonCode } from './reason.ts';
import { reasonByRule, type RuleFacts } from './rule-reason.ts';
import type { Staying } from './staying.ts';
import { Ties } from './ties.ts';
import type { Times } from './time.ts';

/**
 * Steps 5 to 7 of the decision: what rules claim is ranked in its groups, newest first, and kept or expired. Writes down what they say of
 * each tag, and of each image that is claimed without one.
 */
export class Claims {
  readonly #times: Times;
  readonly #staying: Staying;
  readonly #groups = new Map<Rule, Map<string, Member[]>>();
  readonly #keys = new Map<TagOrder<unknown>, Map<string, unknown>>();
  readonly ties = new Ties();

  constructor(times: Times, staying: Staying) {
    this.#times = times;
    this.#staying = staying;
  }

  /**
   * An ordinary tag, by its place, goes to a rule; place -1 stands for an image without a tag. All claims of one image come one after the
   * other, and images in ascending order of their digests. What is `held`, because it is protected or live, takes no rank and nothing is
   * settled about it.
   */
  add(node: Node, rule: Rule, place: number, captures: Readonly<Record<string, string>>, held?: 'protected' | 'live'): void {
    const group = this.#groupOf(node.ordinaryTags[place], rule, captures);
    if (group === undefined) {
      if (held) return;
      const code = rule.keep === 'all' ? 'keep_all' : rule.keep === 'none' ? 'expired' : 'unparsable_version';
      this.#settle(
        node,
        place,
        reasonByRule(code, rule, node.ordinaryTags[place], { group: '', finding: rule.findingOf?.(node, this.#times.now) }),
      );
      return;
    }
    let groups = this.#groups.get(rule);
    if (!groups) this.#groups.set(rule, (groups = new Map<string, Member[]>()));
    const members = groups.get(group);
    const isLive = held === 'live';
    const last = members?.at(-1);
    if (last?.node === node) {
      if (held) last.heldPlaces = pushed(last.heldPlaces, place);
      else last.places = pushed(last.places, place);
      if (!isLive) last.isLive = false;
      return;
    }
    const member: Member = { node, places: held ? NO_PLACES : [place], heldPlaces: held ? [place] : NO_PLACES, isLive };
    if (members) members.push(member);
    else groups.set(group, [member]);
  }

  /** The group of a claimed tag, or of an image without one; undefined for a tag that the rule's order or grouping cannot parse. */
  #groupOf(tag: string | undefined, rule: Rule, captures: Readonly<Record<string, string>>): string | undefined {
    const order = tagOrder(rule.order);
    // What has no tag has no version either.
    if (tag === undefined)
      return order || !(rule.per === 'repository' || isCapture(rule.per)) ? undefined : groupOf(rule.per, '', captures);
    if (order && this.#parse(order, tag) === undefined) return undefined;
    return groupOf(rule.per, tag, captures, (version) => this.#parse(SEMVER, version) as Version | undefined);
  }

  /** Parsed once, although it is asked when a tag is claimed and again when it is ranked. */
  #parse(order: TagOrder<unknown>, tag: string): unknown {
    let keys = this.#keys.get(order);
    if (!keys) this.#keys.set(order, (keys = new Map<string, unknown>()));
    let key = keys.get(tag);
    if (key === undefined && !keys.has(tag)) keys.set(tag, (key = order.parse(tag)));
    return key;
  }

  #highest(order: TagOrder<unknown>, tags: readonly string[]): unknown {
    let high: unknown;
    tags.forEach((tag, place) => {
      const next = this.#parse(order, tag);
      if (place === 0 || order.compare(next, high) > 0) high = next;
    });
    return high;
  }

  /** Once everything is claimed. */
  judge(): void {
    for (const [rule, groups] of this.#groups) {
      const keep = typeof rule.keep === 'object' ? rule.keep : undefined;
      const counting = this.#newestGroups(rule, groups, keep?.groups);
      const timing = this.#newestGroups(rule, groups, keep?.maxGroups);
      for (const [group, members] of groups)
        this.#keep(rule, group, this.#rank(rule, group, members), {
          counts: counting?.has(group) ?? true,
          isTimed: timing?.has(group) ?? true,
        });
    }
  }

  /**
   * The newest so many groups, and others that are as new as the last of these. A group is as new as its newest image,
   * which may be protected, since a protection must not make a group older; images of unknown time make no group new. What is live does not
   * go on to `keep`, so a group of nothing else takes none of the places. Undefined: all groups count.
   */
  #newestGroups(rule: Rule, groups: ReadonlyMap<string, readonly Member[]>, most: number | undefined): ReadonlySet<string> | undefined {
    if (most === undefined) return undefined;
    const order = tagOrder(rule.order);
    const newest = [...groups].flatMap(([group, members]) => {
      if (members.every(({ isLive }) => isLive)) return [];
      const standing = members.flatMap(
        ({ node, places, heldPlaces }) =>
          this.#stand(
            rule,
            node,
            [...places, ...heldPlaces].toSorted((a, b) => a - b),
          ) ?? [],
      );
      const first = standing.reduce<Ranked | undefined>(
        (best, next) => (!best || this.#compare(order, next, best) < 0 ? next : best),
        undefined,
      );
      return first ? [{ group, first }] : [];
    });
    newest.sort((a, b) => this.#compare(order, a.first, b.first));
    const last = newest[most - 1];
    return new Set(
      newest.flatMap(({ group, first }, index) => (index < most || (last && this.#compare(order, first, last.first) === 0) ? [group] : [])),
    );
  }

  /** The members that take a rank, newest first. The others are settled. */
  #rank(rule: Rule, group: string, members: readonly Member[]): Ranked[] {
    const ranked: Ranked[] = [];
    for (const { node, places } of members) {
      if (places.length === 0) continue;
      const standing = this.#stand(rule, node, places);
      if (standing) {
        ranked.push(standing);
        continue;
      }
      const code = rule.keep === 'all' ? 'keep_all' : rule.keep === 'none' ? 'expired' : 'unknown_time';
      const unread = code === 'unknown_time' ? this.#unreadTime(rule, node, places) : undefined;
      this.#settleAll(node, places, code, rule, { group, time: unread });
    }
    // The members come in order of their digests, and sorting leaves those that are equal where they are.
    const order = tagOrder(rule.order);
    const compare = (a: Ranked, b: Ranked): number => this.#compare(order, a, b);
    return order ? ranked.sort(compare) : sortedByNumber(ranked, ({ key }) => LATEST - Math.floor((key as number) / 1000), compare);
  }

  /** How an image stands in a group by some of its tags; undefined where something that the rule needs is not known. */
  #stand(rule: Rule, node: Node, places: readonly number[]): Ranked | undefined {
    const order = tagOrder(rule.order);
    const tags = tagsAt(node, places);
    const { text, time, isPull = false } = this.#times.byOrder(rule.order, node, tags);
    const needsTime = typeof rule.keep === 'object' && (isTimeOrder(rule.order) || measuresAge(rule.keep));
    if (needsTime && time === undefined) return undefined;
    if (measuresPulls(rule.keep) && this.#times.pulled(node) === 'unknown') return undefined;
    const key = order ? this.#highest(order, tags) : time;
    return key === undefined ? undefined : { node, places, key, text, time, isPull, times: undefined };
  }

  /** The text of a time that could not be read. */
  #unreadTime(rule: Rule, node: Node, places: readonly number[]): string | undefined {
    if (measuresPulls(rule.keep) && this.#times.pulled(node) === 'unknown') return node.manifest.pulledAt;
    return this.#times.byOrder(rule.order, node, tagsAt(node, places)).text;
  }

  /** Negative where the first is newer; 0 only where nothing but their digests tells them apart, or for one and the same image. */
  #compare(order: TagOrder<unknown> | undefined, a: Ranked, b: Ranked): number {
    return compareKeys(order, b.key, a.key) || this.#compareTimes(a, b);
  }

  /**
   * Between two that are equally new by the order: the newest time of the claimed tags, then pushed, then created; the newest first,
   * unknown last.
   */
  #compareTimes(a: Ranked, b: Ranked): number {
    const [times, others] = [this.#timesOf(a), this.#timesOf(b)];
    for (let index = 0; index < times.length; index++) {
      const difference = (others[index] as number) - (times[index] as number);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  /** Read once for each image that needs it: few do, and of those that do many are equal. An unknown time counts as 0. */
  #timesOf(member: Ranked): readonly number[] {
    const { node, places } = member;
    member.times ??= [this.#times.newestTagged(node, tagsAt(node, places)), ...this.#times.pushedAndCreated(node)].map((time) => time ?? 0);
    return member.times;
  }

  #keep(rule: Rule, group: string, ranked: readonly Ranked[], { counts, isTimed }: Pick<Standing, 'counts' | 'isTimed'>): void {
    const { keep } = rule;
    const { now } = this.#times;
    const { days, label, ...bounds }: Exclude<Keep, string> = typeof keep === 'object' ? keep : {};
    const stays: boolean[] = [];
    /** The last places of the bounds on the rank. */
    const ends = counts ? [bounds.last, bounds.max].flatMap((bound) => (bound === undefined ? [] : [bound - 1])) : [];
    let older = 0;
    ranked.forEach((member, index) => {
      const { node, time } = member;
      const age = time === undefined ? undefined : now - time;
      const pulled = measuresPulls(keep) ? this.#times.pulled(node) : 'never';
      const pullAge = typeof pulled === 'object' ? now - pulled.time : undefined;
      const isOlder = days !== undefined && age !== undefined && age > days * DAY_MS;
      if (isOlder) older += 1;
      const rank = index + 1;
      const lifetime = label === undefined ? undefined : lifetimeOf(node, label);
      const code = keptBy(keep, { rank, counts, isTimed, age, pullAge, lifetime, olderRank: isOlder ? older : undefined });
      // A pull decided where it kept the image, and where it did not although it is the newest that the rule asks about.
      const byPull = (code === undefined || code === 'pulled_within') && pullAge !== undefined && (age === undefined || pullAge <= age);
      const moment = byPull && typeof pulled === 'object' ? pulled : member;
      this.#settleAll(node, member.places, code ?? 'expired', rule, {
        group,
        rank,
        time: moment.time === undefined ? undefined : moment.text,
        ageDays: moment.time === undefined ? undefined : Math.floor((now - moment.time) / DAY_MS),
        isPull: moment.time !== undefined && moment.isPull,
      });
      if (isOlder && older === bounds.older) ends.push(index);
      stays.push(code !== undefined);
    });
    const order = tagOrder(rule.order);
    this.ties.note(rule, stays, ends, (a, b) => this.#compare(order, ranked[a] as Ranked, ranked[b] as Ranked) === 0);
  }

  /** What a rule says of a tag, by its place among the ordinary tags, or of an image without one. */
  #settle(node: Node, place: number, reason: Reason): void {
    const finding = this.#staying.note(node);
    if (place < 0) finding.untagged = reason;
    else (finding.tags as Reason[])[place] = reason;
  }

  #settleAll(node: Node, places: readonly number[], code: ReasonCode, rule: Rule, facts: RuleFacts): void {
    const told = rule.findingOf ? { ...facts, finding: rule.findingOf(node, this.#times.now) } : facts;
    for (const place of places) this.#settle(node, place, reasonByRule(code, rule, node.ordinaryTags[place], told));
  }
}

/** The last second that has a number of 32 bits. */
const LATEST = 2 ** 32 - 1;
const SEMVER = tagOrder('semver') as TagOrder<unknown>;

/** One list for all that have no place of a kind: it is replaced, never written to. */
const NO_PLACES: number[] = [];

/** The list with one more; a list of its own for the first, which is nearly always the only one. */
function pushed(places: number[], place: number): number[] {
  if (places === NO_PLACES) return [place];
  places.push(place);
  return places;
}

/** An image that has claims in a group. */
interface Member {
  readonly node: Node;
  /** Of the tags that take a rank. */
  places: number[];
  /** Of those that are protected or live. */
  heldPlaces: number[];
  /** All of them are live. */
  isLive: boolean;
}

interface Ranked {
  readonly node: Node;
  readonly places: readonly number[];
  /** What the order compares: milliseconds, or the parsed highest tag. */
  readonly key: unknown;
  /** The time that the order names. */
  readonly text: string | undefined;
  readonly time: number | undefined;
  /** That is the time of a pull. */
  readonly isPull: boolean;
  /** What decides where the keys are equal. */
  times: readonly number[] | undefined;
}

/** The tags at these places; none of an image that is claimed without a tag. */
function tagsAt({ ordinaryTags }: Node, places: readonly number[]): readonly string[] {
  const [first = -1] = places;
  // Most images have one claimed tag in a group, and many have all of theirs there.
  if (places.length === ordinaryTags.length) return ordinaryTags;
  return first < 0 ? [] : places.map((place) => ordinaryTags[place] as string);
}

function compareKeys(order: TagOrder<unknown> | undefined, a: unknown, b: unknown): number {
  return order ? order.compare(a, b) : (a as number) - (b as number);
}
