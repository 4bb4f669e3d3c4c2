import { repositoryKey } from '../domain/repository-key.ts';
import type { Block, Plan, PlannedImage, RepositoryPlan } from './plan.ts';

/** How one manifest is decided by one of two policies. */
export type Side = Pick<PlannedImage, 'action' | 'untag' | 'reasons'>;

/** A manifest that is decided differently. */
export interface ChangedImage extends Pick<PlannedImage, 'digest' | 'tags' | 'size' | 'part'> {
  readonly before: Side;
  readonly after: Side;
}

interface ChangedRepository {
  readonly registry: string;
  readonly repository: string;
  /** The governing policies, absent where none governs it. */
  readonly policy: { readonly before?: string; readonly after?: string };
  readonly images: readonly ChangedImage[];
}

/** What a change of policies changes in what goes. A document. */
export interface PlanDiff {
  readonly kind: 'PlanDiff';
  readonly formatVersion: '1.0';
  readonly now: string;
  /** Images that go only after the change, that go only before it, and tags of images that stay likewise. Parts are not counted. */
  readonly summary: {
    readonly images: { readonly deletedNow: number; readonly keptNow: number };
    readonly tags: { readonly deletedNow: number; readonly keptNow: number };
    /** `Summary.bytes.deleted` after the change less that before it. */
    readonly bytes: { readonly deleted: number };
  };
  /** What blocks one of the plans and not the other: an exceeded limit, above all. */
  readonly blockedBy: { readonly before: readonly Block[]; readonly after: readonly Block[] };
  /** Those in which something is decided differently. */
  readonly repositories: readonly ChangedRepository[];
}

/** Compares two plans of the same inventory, made as of the same instant. */
export function diffPlans(before: Plan, after: Plan): PlanDiff {
  const earlier = new Map(before.repositories.map((one) => [repositoryKey(one), one]));
  const repositories = after.repositories.flatMap((one) => {
    const other = earlier.get(repositoryKey(one));
    const images = other ? changedImages(other, one) : [];
    if (!other || images.length === 0) return [];
    const policy = { ...(other.policy !== undefined && { before: other.policy }), ...(one.policy !== undefined && { after: one.policy }) };
    return [{ registry: one.registry, repository: one.repository, policy, images }];
  });
  const all = repositories.flatMap(({ images }) => images).filter(({ part }) => !part);
  const goes = ({ action }: Side): boolean => action === 'delete';
  const tags = (from: 'before' | 'after', other: 'before' | 'after'): number =>
    all.reduce((sum, image) => sum + image[other].untag.filter((tag) => !image[from].untag.includes(tag)).length, 0);
  return {
    kind: 'PlanDiff',
    formatVersion: '1.0',
    now: after.now,
    summary: {
      images: {
        deletedNow: all.filter((image) => goes(image.after) && !goes(image.before)).length,
        keptNow: all.filter((image) => goes(image.before) && !goes(image.after)).length,
      },
      tags: { deletedNow: tags('before', 'after'), keptNow: tags('after', 'before') },
      bytes: { deleted: after.summary.bytes.deleted - before.summary.bytes.deleted },
    },
    blockedBy: { before: blocksOnly(before, after), after: blocksOnly(after, before) },
    repositories,
  };
}

/** What blocks the first plan and not the second. */
function blocksOnly({ blockedBy }: Plan, other: Plan): readonly Block[] {
  return blockedBy.filter(({ code, policy }) => !other.blockedBy.some((one) => one.code === code && one.policy === policy));
}

function changedImages(before: RepositoryPlan, after: RepositoryPlan): ChangedImage[] {
  const earlier = new Map(before.images.map((image) => [image.digest, image]));
  return after.images.flatMap((image) => {
    const other = earlier.get(image.digest);
    if (!other || (other.action === image.action && other.untag.join() === image.untag.join())) return [];
    const { digest, tags, size, part } = image;
    return [{ digest, tags, size, ...(part && { part }), before: sideOf(other), after: sideOf(image) }];
  });
}

function sideOf({ action, untag, reasons }: PlannedImage): Side {
  return { action, untag, reasons };
}
