import { createHash } from 'node:crypto';
import { compileGlobs } from '../policy/glob.ts';

/** One of several parts of the repositories: `2/5` is the second of five. */
export interface Shard {
  /** From 1. */
  readonly index: number;
  readonly of: number;
}

/** What a run is about in one registry. */
export interface Scope {
  /** Names of the command line, without a glob: they need not be listed. */
  readonly names: readonly string[];
  /** Globs of the command line over the names that the registry lists; `**` for the whole registry. */
  readonly globs: readonly string[];
  /** The folders that all matches of the globs are in; undefined stands for the whole registry. */
  readonly folders: readonly (string | undefined)[];
  /** True of a repository that the command line means. */
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

/** True of the repositories that belong to a shard: the same ones on every machine, whatever else there is. */
export function inShard(shard: Shard | undefined, registry: string, repository: string): boolean {
  if (!shard) return true;
  const hash = createHash('sha256').update(`${registry}/${repository}`).digest().readUInt32BE(0);
  return hash % shard.of === shard.index - 1;
}
