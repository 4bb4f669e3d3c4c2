import type { ImageName } from '../../domain/image-name.ts';
import { parseGarHost } from './host.ts';

/**
 * What else an image of Artifact Registry is called: `gcr.io/PROJECT/app` is `us-docker.pkg.dev/PROJECT/gcr.io/app`, and the same holds of
 * `us.gcr.io`, `eu.gcr.io` and `asia.gcr.io` in their locations. The path may be the beginning of a name, or a glob below a project.
 */
export function garAliases({ host, path }: ImageName): ImageName[] {
  const place = parseGarHost(host);
  if (!place) return [];
  const rest = path.split('/');
  // The id of a project has no dot: where the first part has one, it is a domain, and the project is the two together.
  const project = rest.splice(0, rest[0]?.includes('.') ? 2 : 1);
  if (place.repository !== undefined)
    return [{ host: `${place.location}-docker.pkg.dev`, path: [...project, place.repository, ...rest].join('/') }];
  const [repository = '', ...image] = rest;
  const served = parseGarHost(repository);
  // A repository that is called gcr.io in another location serves no such name.
  if (served?.repository !== repository || served.location !== place.location) return [];
  return [{ host: repository, path: [...project, ...image].join('/') }];
}
