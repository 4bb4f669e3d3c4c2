import { createHash } from 'node:crypto';
import { compileGlobs } from '../policy/glob.ts';

/** One of several shards of the repositories: `2/5` is the second of five. */
export interface Shard {
  /** From 1. */
  readonly index: number;
  readonly of: number;
}

/** What a run is about in one registry. */
export interface Scope {
  /** Names that the user gave, without globs: they need not be listed. */
  readonly names: readonly string[];
  /** Globs that the user gave over the names that the registry lists; `**` for the whole registry. */
  readonly globs: readonly string[];
  /** The folders that contain every match of the globs; undefined stands for the whole registry. */
  readonly folders: readonly (string | undefined)[];
  /** True for a repository that the user meant. */
  readonly includes: (repository: string) => boolean;
}

/** The scope of these repositories (names and globs); undefined stands for the whole registry. */
export function scopeOf(repositories: readonly (string | undefined)[]): Scope {
  const given = repositories.map((text) => text ?? '**');
  const globs = given.filter((text) => /[*?[{]/.test(text));
  const names = [...new Set(given.filter((text) => !globs.includes(text)))];
  const matches = compileGlobs(globs);
  const folders = globs.map((glob) => /^((?:[^/*?[{]+\/)+)/.exec(glob)?.[1]?.slice(0, -1));
  return {
    names,
    globs,
    folders: folders.includes(undefined) ? [undefined] : [...new Set(folders)],
    includes: (repository) => names.includes(repository) || matches(repository),
  };
}

/** True for a repository that belongs to the shard. The answer is the same on every machine and depends on the name alone. */
export function inShard(shard: Shard | undefined, registry: string, repository: string): boolean {
  if (!shard) return true;
  const hash = createHash('sha256').update(`${registry}/${repository}`).digest().readUInt32BE(0);
  return hash % shard.of === shard.index - 1;
}
