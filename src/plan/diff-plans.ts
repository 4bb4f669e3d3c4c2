import { byCodeUnit } from '../domain/compare.ts';
import { repositoryKey } from '../domain/repository-key.ts';
import type { Block, Plan, PlannedImage, RepositoryPlan, Unread } from './plan.ts';
import type { Reason } from './reason.ts';

/** How one manifest is decided by one of two policies. */
export type Side = Pick<PlannedImage, 'action' | 'untag' | 'copiedTo' | 'reasons'>;

/** A manifest that is decided differently. */
export interface ChangedImage extends Pick<PlannedImage, 'digest' | 'tags' | 'size' | 'part'> {
  /** Bytes of it and of the parts that go, or stay, along with it. */
  readonly sizeWithParts: number;
  readonly before: Side;
  readonly after: Side;
}

/** How much goes only after a change, and how much went only before it. */
interface MoreAndLess {
  readonly deletedNow: number;
  readonly keptNow: number;
}

/** What a change of policies changes in what goes. */
export interface Change {
  /** Images, without their parts. */
  readonly images: MoreAndLess;
  /** Tags that are taken off images which stay. */
  readonly tags: MoreAndLess;
  /** Orphaned attachments. */
  readonly orphaned: MoreAndLess;
  /** Bytes of deleted manifests, those of parts too. */
  readonly bytes: MoreAndLess;
}

export interface ChangedRepository {
  readonly registry: string;
  readonly repository: string;
  /** The governing policies, absent where none governs it. */
  readonly policy: { readonly before?: string; readonly after?: string };
  readonly change: Change;
  readonly images: readonly ChangedImage[];
}

/** What one rule takes more or less after a change: what goes, by the rule that takes it; what stays, by the rule that took it. */
export interface ChangedRule extends Change {
  readonly policy: string;
  /** Absent for what no rule took by itself. */
  readonly rule?: string;
}

/** What a change of policies changes in what goes. A document. */
export interface PlanDiff {
  readonly kind: 'PlanDiff';
  readonly formatVersion: '1.0';
  readonly now: string;
  /**
   * True if anything goes or is archived only after the change, or goes without a copy that it had before; also where the plan before it
   * was blocked, and that after it is not.
   */
  readonly deletesMore: boolean;
  /** `bytes.deleted`: those after the change less those before it. */
  readonly summary: Omit<Change, 'bytes'> & { readonly bytes: MoreAndLess & { readonly deleted: number } };
  /** What blocks one of the plans and not the other: an exceeded limit, above all. */
  readonly blockedBy: { readonly before: readonly Block[]; readonly after: readonly Block[] };
  /** What could not be read, so that nobody knows what the change does there. Absent if everything was read. */
  readonly unread?: readonly Unread[];
  /** How many repositories either plan decides by a policy. */
  readonly governed: number;
  /** Sorted by policy, then rule. */
  readonly rules: readonly ChangedRule[];
  /** Those in which something is decided differently. */
  readonly repositories: readonly ChangedRepository[];
}

/** Compares two plans of the same inventory, made as of the same instant. */
export function diffPlans(before: Plan, after: Plan): PlanDiff {
  const earlier = new Map(before.repositories.map((one) => [repositoryKey(one), one]));
  const totals = new Totals();
  const repositories = after.repositories.flatMap((one) => {
    const other = earlier.get(repositoryKey(one));
    const changed = other ? changedRepository(other, one, totals) : undefined;
    return changed ? [changed] : [];
  });
  const summary = addChanges(repositories.map(({ change }) => change));
  const blockedBy = { before: blocksOnly(before, after), after: blocksOnly(after, before) };
  return {
    kind: 'PlanDiff',
    formatVersion: '1.0',
    now: after.now,
    deletesMore: repositories.some(({ images }) => images.some(takesMore)) || isFreed(before, after),
    summary: { ...summary, bytes: { ...summary.bytes, deleted: after.summary.bytes.deleted - before.summary.bytes.deleted } },
    blockedBy,
    ...(after.unread && { unread: after.unread }),
    governed: after.repositories.filter((one) => (one.policy ?? earlier.get(repositoryKey(one))?.policy) !== undefined).length,
    rules: totals.rules(),
    repositories,
  };
}

/** True where nothing was carried out before, and something is now. */
function isFreed(before: Plan, after: Plan): boolean {
  return !before.applyable && after.applyable && after.repositories.some(({ steps }) => steps.length > 0);
}

function takesMore({ before, after }: ChangedImage): boolean {
  if (after.action !== 'keep' && lacks(after.copiedTo, before.copiedTo)) return true;
  if (after.action === 'delete' || after.action === 'archive') return before.action !== 'delete' && before.action !== after.action;
  return before.action !== 'delete' && after.untag.some((tag) => !before.untag.includes(tag));
}

/** True if one of the names that the second list has is not in the first. */
function lacks(list: readonly string[] = [], names: readonly string[] = []): boolean {
  return names.some((name) => !list.includes(name));
}

/** True of a manifest that is decided in the same way by both plans. */
function isSame(one: PlannedImage, other: PlannedImage): boolean {
  return one.action === other.action && one.untag.join() === other.untag.join() && one.copiedTo?.join() === other.copiedTo?.join();
}

/** What blocks the first plan and not the second. */
function blocksOnly({ blockedBy }: Plan, other: Plan): readonly Block[] {
  return blockedBy.filter(({ code, policy }) => !other.blockedBy.some((one) => one.code === code && one.policy === policy));
}

function changedRepository(before: RepositoryPlan, after: RepositoryPlan, totals: Totals): ChangedRepository | undefined {
  const earlier = new Map(before.images.map((image) => [image.digest as string, image]));
  const later = new Map(after.images.map((image) => [image.digest as string, image]));
  const sum = new Sum();
  const sizes = new Map<string, number>();
  const add = (policy: string | undefined, side: keyof MoreAndLess, { key, amount, head, rule }: Going): void => {
    sum.add(key, side, amount);
    totals.of(policy, rule).add(key, side, amount);
    if (key === 'bytes') sizes.set(head.digest, (sizes.get(head.digest) ?? 0) + amount);
  };
  const images = after.images.flatMap((image) => {
    const other = earlier.get(image.digest);
    if (!other || isSame(image, other)) return [];
    for (const going of goesOnly(image, other, later)) add(after.policy, 'deletedNow', going);
    for (const going of goesOnly(other, image, earlier)) add(before.policy, 'keptNow', going);
    const { digest, tags, size, part } = image;
    return [{ digest, tags, size, ...(part && { part }), before: sideOf(other), after: sideOf(image) }];
  });
  if (images.length === 0) return undefined;
  const { registry, repository } = after;
  const policy = {
    ...(before.policy !== undefined && { before: before.policy }),
    ...(after.policy !== undefined && { after: after.policy }),
  };
  return {
    registry,
    repository,
    policy,
    change: sum.change(),
    images: images.map((image) => ({ ...image, sizeWithParts: sizes.get(image.digest) ?? image.size })),
  };
}

function sideOf({ action, untag, copiedTo, reasons }: PlannedImage): Side {
  return { action, untag, ...(copiedTo && { copiedTo }), reasons };
}

/** Something that goes: how much, the rule that takes it, and what that rule selects, which is the image itself or what it goes with. */
interface Going {
  readonly key: keyof Change;
  readonly amount: number;
  readonly head: PlannedImage;
  readonly rule: string | undefined;
}

/** What goes of an image by one plan, which has these images, and not by the other. */
function goesOnly(image: PlannedImage, other: PlannedImage, images: ReadonlyMap<string, PlannedImage>): Going[] {
  if (other.action === 'delete') return [];
  if (image.action === 'delete') {
    const head = headOf(image, images);
    const going = { head, rule: head.reasons.find(isOfRule)?.rule };
    const key = !image.part ? 'images' : head === image ? 'orphaned' : undefined;
    return [...(key ? [{ ...going, key, amount: 1 } as const] : []), { ...going, key: 'bytes', amount: image.size }];
  }
  return image.untag
    .filter((tag) => !other.untag.includes(tag))
    .map((tag) => ({ key: 'tags', amount: 1, head: image, rule: image.reasons.find((one) => one.tag === tag && isOfRule(one))?.rule }));
}

function isOfRule({ code }: Reason): boolean {
  return code === 'expired';
}

/** The manifest that a rule deletes: this one or, of one that goes along, what it goes with. */
function headOf(image: PlannedImage, images: ReadonlyMap<string, PlannedImage>): PlannedImage {
  const seen = new Set<PlannedImage>();
  for (let at: PlannedImage | undefined = image; at && !seen.has(at); at = images.get(at.reasons[0]?.by ?? '')) {
    if (at.reasons.some(isOfRule)) return at;
    seen.add(at);
  }
  return image;
}

/** Adds up what goes and what stays. */
class Sum {
  readonly #sums = new Map<string, number>();

  add(key: keyof Change, side: keyof MoreAndLess, amount: number): void {
    this.#sums.set(`${key} ${side}`, this.#of(key, side) + amount);
  }

  change(): Change {
    const both = (key: keyof Change): MoreAndLess => ({ deletedNow: this.#of(key, 'deletedNow'), keptNow: this.#of(key, 'keptNow') });
    return { images: both('images'), tags: both('tags'), orphaned: both('orphaned'), bytes: both('bytes') };
  }

  #of(key: keyof Change, side: keyof MoreAndLess): number {
    return this.#sums.get(`${key} ${side}`) ?? 0;
  }
}

/** A sum for each rule of each policy. */
class Totals {
  readonly #sums = new Map<string, { readonly policy: string; readonly rule?: string; readonly sum: Sum }>();

  of(policy = '', rule?: string): Sum {
    const key = JSON.stringify([policy, rule]);
    const known = this.#sums.get(key);
    if (known) return known.sum;
    const sum = new Sum();
    this.#sums.set(key, { policy, ...(rule !== undefined && { rule }), sum });
    return sum;
  }

  rules(): ChangedRule[] {
    return [...this.#sums.values()]
      .toSorted((a, b) => byCodeUnit(a.policy, b.policy) || byCodeUnit(a.rule ?? '', b.rule ?? ''))
      .map(({ sum, ...named }) => ({ ...named, ...sum.change() }));
  }
}

function addChanges(changes: readonly Change[]): Change {
  const sum = new Sum();
  for (const change of changes)
    for (const key of Object.keys(change) as (keyof Change)[])
      for (const side of ['deletedNow', 'keptNow'] as const) sum.add(key, side, change[key][side]);
  return sum.change();
}
