import { hubAliases } from '../auth/docker-hub.ts';
import { type ImageName, nameText, splitName } from '../domain/image-name.ts';
import { ecrAliases, ecrPublicAliases } from './ecr/aliases.ts';
import { garAliases } from './gar/aliases.ts';

/** What else an image is called that a runtime pulls by this name, as far as the host tells: each type of registry knows its own. */
export function aliasesOf(name: ImageName): ImageName[] {
  return [hubAliases, ecrAliases, ecrPublicAliases, garAliases].flatMap((aliases) => aliases(name)).filter((other) => !isSame(other, name));
}

/** The other names, `host/path`, of a repository at the URL of its registry. */
export function otherNames(url: string, repository: string): string[] {
  const name = splitName(`${url.replace(/^[a-z]+:\/\//i, '')}/${repository}`);
  return name ? aliasesOf(name).map(nameText) : [];
}

function isSame(one: ImageName, other: ImageName): boolean {
  return one.host === other.host && one.path === other.path;
}
