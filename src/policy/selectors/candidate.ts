import type { Manifest } from '../../domain/inventory.ts';

/** What a selector may look at: a manifest, and how the graph of its repository sees it. */
export interface Candidate {
  readonly manifest: Manifest;
  /** Undefined: not known. */
  readonly signed: boolean | undefined;
  /** What an index lists, as far as it is in the repository. */
  readonly children: readonly Candidate[];
  readonly attachments: readonly Candidate[];
}

/** An image, and of an index everything that it lists, to any depth, each once. */
export function partsOf(image: Candidate): ReadonlySet<Candidate> {
  const parts = new Set([image]);
  // A set grows while it is walked: what is added is visited too.
  for (const part of parts) for (const child of part.children) parts.add(child);
  return parts;
}
