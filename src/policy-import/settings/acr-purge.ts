/** One `acr purge`. */
export interface Purge {
  readonly text: string;
  readonly filters: readonly { readonly repositories: string; readonly tags: string }[];
  readonly days: number;
  readonly keep: number;
  /** Whether manifests go that have no tag: besides tags, or alone. */
  readonly untagged: 'no' | 'too' | 'only';
  readonly notes: readonly string[];
}
