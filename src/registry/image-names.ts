import { type ImageName, nameText, splitName } from '../domain/image-name.ts';
import { REGISTRY_TYPES } from './types.ts';

/** What else an image is called that a runtime pulls by this name, as far as the host tells: each type of registry knows its own. */
export function aliasesOf(name: ImageName): ImageName[] {
  const all = REGISTRY_TYPES.flatMap(({ aliases }) => aliases?.(name) ?? []);
  return all.filter(({ host, path }) => host !== name.host || path !== name.path);
}

/** The other names, `host/path`, of a repository at the URL of its registry. */
export function otherNames(url: string, repository: string): string[] {
  const name = splitName(`${url.replace(/^[a-z]+:\/\//i, '')}/${repository}`);
  return name ? aliasesOf(name).map(nameText) : [];
}
