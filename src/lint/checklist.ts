import type { Unread } from '../plan/plan.ts';

/** How the content of registries keeps to the rules of naming, signing and cleaning: one page for each registry. A document. */
export interface Checklist {
  readonly kind: 'Checklist';
  readonly formatVersion: '1.0';
  readonly tool: { readonly name: 'regprune'; readonly version: string };
  /** ISO 8601 UTC. */
  readonly checkedAt: string;
  /** What could not be read, so that nothing is known of it. Absent if everything was read. */
  readonly unread?: readonly Unread[];
  /** Sorted by name. */
  readonly registries: readonly RegistryChecklist[];
}

export interface RegistryChecklist {
  readonly registry: string;
  readonly repositories: number;
  readonly images: number;
  readonly tags: number;
  readonly items: readonly ChecklistItem[];
}

/** One thing that was looked at. */
export interface ChecklistItem {
  /** A stable word, such as `tag-names`. */
  readonly check: string;
  /** `unknown`: it could not be found out for some, and nothing is wrong with the others. */
  readonly state: 'pass' | 'finding' | 'unknown';
  /** What should be, or what the registry does by itself, as a clause. */
  readonly message: string;
  /** How many are not so, of how many that were looked at. Absent where the registry itself was asked. */
  readonly count?: number;
  readonly of?: number;
  /** How many could not be looked at. Absent where all could. */
  readonly unknown?: number;
  /** Why these could not, or why nothing could. */
  readonly why?: string;
  /** The first of those that are not so; of images without a tag, their repositories. */
  readonly examples?: readonly string[];
  /** What to do about it, a sentence. */
  readonly next?: string;
}
