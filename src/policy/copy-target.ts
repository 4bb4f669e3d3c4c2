import { isRepositoryName } from '../domain/reference.ts';

/** Where the images of a rule are copied to: a registry, and what the names of the copies begin with. */
export interface CopyTarget {
  /** Its name: from the config, or its host. */
  readonly registry: string;
  /** Its base URL, where that is known. */
  readonly url?: string;
  /** Empty: the copies have the names of their repositories. */
  readonly prefix: string;
}

/** Reads `REGISTRY` and `REGISTRY/PREFIX`; undefined for any other text. Whether there is such a registry is not known here. */
export function parseCopyTarget(text: string): CopyTarget | undefined {
  const [, registry = '', rest] = /^([^\s/@]+)(?:\/(.+))?$/.exec(text) ?? [];
  if (registry === '' || (rest !== undefined && !isRepositoryName(rest))) return undefined;
  return { registry, prefix: rest ?? '' };
}

/** The repository that the images of this one are copied to. */
export function copyRepository({ prefix }: CopyTarget, repository: string): string {
  return prefix === '' ? repository : `${prefix}/${repository}`;
}
