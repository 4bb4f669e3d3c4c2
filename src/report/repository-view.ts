import { byCodeUnit } from '../domain/compare.ts';
import type { Digest } from '../domain/digest.ts';
import type { Action, Diagnostic, Plan, PlannedImage, RepositoryPlan } from '../plan/plan.ts';
import { isDeleteReason, type Reason, type ReasonCode } from '../plan/reason.ts';

/** A deleted image with what goes along with it. */
interface DeletedImage {
  readonly image: PlannedImage;
  /** Why: of several tags, the reason of the first. */
  readonly reason: Reason;
  /** Children and attachments that only it holds; one that several hold is counted with the first. */
  readonly parts: number;
  /** Bytes of the image and its parts. */
  readonly size: number;
}

interface KeptImage {
  readonly image: PlannedImage;
  readonly reason: Reason;
  /** Children and attachments that stay with it, and bytes of all of them together; one that several hold is counted with the first. */
  readonly parts: number;
  readonly size: number;
}

/** A tag that is taken off while its image stays. */
interface RemovedTag {
  readonly tag: string;
  readonly image: PlannedImage;
  readonly reason: Reason;
}

/** How many images stay for one reason, and by which rules. */
export interface KeptCount {
  readonly code: ReasonCode;
  readonly images: number;
  readonly rules: readonly string[];
}

/** A repository of a plan as people look at it: images with their parts folded in, by rule, newest first. */
export interface RepositoryView {
  readonly deleted: readonly DeletedImage[];
  readonly removedTags: readonly RemovedTag[];
  /** Images that go into the archive; the parts of an index are told with it. */
  readonly archived: readonly { readonly image: PlannedImage; readonly reason: Reason }[];
  readonly kept: readonly KeptImage[];
  /** Most frequent first. */
  readonly keptBy: readonly KeptCount[];
}

type Lists = Pick<RepositoryPlan, 'images' | 'steps'>;

/** Arranges one repository of a plan for reading. Its lists are read once, since each reading may bring them back anew. */
export function viewOf({ images, steps }: Lists): RepositoryView {
  const repository: Lists = { images, steps };
  const imagesWith = (wanted: Action): { image: PlannedImage; reason: Reason }[] =>
    images
      .filter(({ action, part }) => action === wanted && !part)
      .map((image) => ({ image, reason: firstReason(image) }))
      .toSorted((a, b) => byReason(a.reason, b.reason));
  const kept = imagesWith('keep');
  return {
    archived: imagesWith('archive'),
    deleted: deletedImages(repository),
    removedTags: removedTags(repository),
    kept: withParts(repository, kept),
    keptBy: countReasons(kept.map(({ reason }) => reason)),
  };
}

/** Its tags for people: those that somebody gave it. */
export function ordinaryTags({ tags, attachmentTags = [] }: PlannedImage): readonly string[] {
  return attachmentTags.length === 0 ? tags : tags.filter((tag) => !attachmentTags.includes(tag));
}

/** What is told in a place of its own: with the repository, or in a list of its own. */
const TOLD_ELSEWHERE: readonly Diagnostic['code'][] = ['incomplete', 'ungoverned', 'clock_fallback'];

/** What the reader of a plan should know besides, each once: the notes of one registry are mostly the same. */
export function notesOf({ diagnostics }: Plan): string[] {
  const notes = diagnostics.filter(({ code }) => !TOLD_ELSEWHERE.includes(code));
  return [
    ...new Set(
      notes.map(({ code, registry, repository, message }) =>
        code === 'dangling_tags' || code === 'ties' ? `${registry}/${repository}: ${message}` : message,
      ),
    ),
  ];
}

/** The reasons of what stays with another, which they name. */
const WITH: ReadonlySet<ReasonCode> = new Set<ReasonCode>(['child_of_kept', 'attached_to_kept']);
/** The reasons of what goes with another and is told on its line. */
const ALONG: ReadonlySet<ReasonCode> = new Set<ReasonCode>(['deleted_with_parent', 'deleted_with_subject']);

function firstReason({ reasons }: PlannedImage): Reason {
  // Of an archived image, the reason that names the rule; of a kept one, the reason that holds it says more than that its other tags stay
  // with it.
  return (
    reasons.find(({ code, rule }) => code === 'archived' && rule !== undefined) ??
    reasons.find(({ code }) => code !== 'shares_digest') ??
    (reasons[0] as Reason)
  );
}

function deletedImages({ images, steps }: Lists): DeletedImage[] {
  const gone = images.filter(({ action }) => action === 'delete');
  const ownReason = new Map(gone.map((image) => [image.digest, image.reasons.find(({ code }) => !ALONG.has(code))]));
  const holders = new Map(steps.flatMap((step) => (step.op === 'delete-manifest' ? [[step.digest, step.after] as const] : [])));
  const parts = new Map<Digest, { count: number; size: number }>();
  const alone: PlannedImage[] = [];
  for (const image of gone) {
    const head = ownReason.get(image.digest) ? image.digest : headOf(image.digest, holders, ownReason);
    if (head === undefined) alone.push(image);
    if (head === undefined || head === image.digest) continue;
    const sum = parts.get(head) ?? { count: 0, size: 0 };
    parts.set(head, { count: sum.count + 1, size: sum.size + image.size });
  }
  const listed = [...gone.filter(({ digest }) => ownReason.get(digest)), ...alone].map((image): DeletedImage => {
    const { count, size } = parts.get(image.digest) ?? { count: 0, size: 0 };
    return { image, reason: ownReason.get(image.digest) ?? (image.reasons[0] as Reason), parts: count, size: image.size + size };
  });
  return listed.toSorted((a, b) => byReason(a.reason, b.reason) || byCodeUnit(a.image.digest, b.image.digest));
}

/** The images that stay with what stays because of them, which names them in its reason. */
function withParts({ images }: Lists, kept: readonly { readonly image: PlannedImage; readonly reason: Reason }[]): KeptImage[] {
  const byDigest = new Map(images.map((image) => [image.digest as string, image]));
  const parts = new Map<PlannedImage, { count: number; size: number }>();
  for (const part of images) {
    if (!part.part || part.action === 'delete') continue;
    const seen = new Set<PlannedImage>([part]);
    let head = part;
    for (;;) {
      const above = byDigest.get(head.reasons.find(({ code }) => WITH.has(code))?.by ?? '');
      if (!head.part || !above || seen.has(above)) break;
      seen.add(above);
      head = above;
    }
    if (head.part) continue;
    const sum = parts.get(head) ?? { count: 0, size: 0 };
    parts.set(head, { count: sum.count + 1, size: sum.size + part.size });
  }
  return kept.map(({ image, reason }) => {
    const { count, size } = parts.get(image) ?? { count: 0, size: 0 };
    return { image, reason, parts: count, size: image.size + size };
  });
}

/** The deleted image that a part goes with, up any number of indexes and subjects. */
function headOf(
  digest: Digest,
  holders: ReadonlyMap<Digest, readonly Digest[]>,
  ownReason: ReadonlyMap<Digest, Reason | undefined>,
): Digest | undefined {
  const seen = new Set<Digest>([digest]);
  for (const at of seen) {
    for (const holder of holders.get(at) ?? []) {
      if (ownReason.get(holder)) return holder;
      seen.add(holder);
    }
  }
  return undefined;
}

function removedTags({ images }: Lists): RemovedTag[] {
  return images
    .flatMap((image) =>
      image.untag.map((tag): RemovedTag => ({
        tag,
        image,
        reason: image.reasons.find((reason) => reason.tag === tag && isDeleteReason(reason.code)) ?? { code: 'expired', tag },
      })),
    )
    .toSorted((a, b) => byReason(a.reason, b.reason) || byCodeUnit(a.tag, b.tag));
}

function countReasons(reasons: readonly Reason[]): KeptCount[] {
  const counts = new Map<ReasonCode, { images: number; rules: Set<string> }>();
  for (const { code, rule } of reasons) {
    const entry = counts.get(code) ?? { images: 0, rules: new Set() };
    entry.images += 1;
    if (rule !== undefined) entry.rules.add(rule);
    counts.set(code, entry);
  }
  return [...counts]
    .map(([code, { images, rules }]): KeptCount => ({ code, images, rules: [...rules].toSorted(byCodeUnit) }))
    .toSorted((a, b) => b.images - a.images || byCodeUnit(a.code, b.code));
}

/** By rule, then by group, then the newest first. */
export function byReason(a: Reason, b: Reason): number {
  return (
    byCodeUnit(a.rule ?? '', b.rule ?? '') || byCodeUnit(a.group ?? '', b.group ?? '') || (a.rank ?? Infinity) - (b.rank ?? Infinity) || 0
  );
}
