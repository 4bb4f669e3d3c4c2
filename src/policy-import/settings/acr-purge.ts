/** One `acr purge`. */
export interface Purge {
  readonly text: string;
  readonly filters: readonly { readonly repositories: string; readonly tags: string }[];
  readonly days: number;
  readonly keep: number;
  readonly untagged: boolean;
  readonly notes: readonly string[];
}
