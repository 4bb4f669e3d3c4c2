import type { Original } from './original/original.ts';
import type { PolicySpec, ProtectSpec, RuleSpec } from '../policy/schema.ts';

/** A part of a policy, and what stands in comments above it: where it comes from, and where the meaning differs. */
export interface Commented<Part> {
  readonly part: Part;
  readonly comments: readonly string[];
}

/** What becomes one policy of the file. */
export interface ImportedPolicy extends Pick<PolicySpec, 'name' | 'repositories' | 'keepNewest' | 'sharedTags'> {
  readonly comments: readonly string[];
  readonly protect?: readonly Commented<ProtectSpec>[];
  readonly rules: readonly Commented<RuleSpec>[];
  /** What the original deletes of the repositories of this policy. */
  readonly original: Original;
  /** True where it is not a policy over there, but belongs to each policy for the same repositories. */
  readonly onlyProtects?: true;
}

/** What the command line says of the settings. */
export interface ImportGround {
  /** The repository, project or organization that they are of: a path of names, such as `team/app`. */
  readonly of: string | undefined;
}

/** A rule that deletes nothing, and why it stands there: what it selects is not asked for by the rules below it. */
export function keepsAll(rule: Omit<RuleSpec, 'keep'>, ...comments: readonly string[]): Commented<RuleSpec> {
  return { part: { ...rule, keep: 'all' }, comments };
}

/** What a comment begins with that is to be read first. */
const NOTES = ['NOT IMPORTED', 'LEFT OUT', 'ATTENTION'];

/** True of a comment that says where the meaning differs, or what is missing. */
export function isNote(sentence: string): boolean {
  return NOTES.some((word) => sentence.startsWith(`${word}:`));
}

/** What is said where settings do not name the repositories that they are of. */
export const FOR_ALL =
  'ATTENTION: nothing says which repositories this is for, so it is for every one of a run. Name them here, or import with --of.';
