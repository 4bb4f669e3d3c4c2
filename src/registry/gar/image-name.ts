import { type Digest, isDigest } from '../../domain/digest.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { isRepositoryName } from '../../domain/reference.ts';
import { isTag } from '../../domain/tag.ts';
import type { GarPlace } from './host.ts';

/** The resources that the name of an image stands for; where it is only the beginning of one, as far as it goes. */
export interface ImageName {
  /** `my-project`, or `example.com:my-project` in a domain's scope. */
  readonly project: string;
  readonly repository?: string;
  /** The rest of the path: one package, whose id may hold slashes. */
  readonly package?: string;
}

/** An image's name in full. */
export type WholeImageName = Required<ImageName>;

/**
 * Reads `PROJECT[/REPOSITORY[/IMAGE…]]` as it follows the host in image references; at a host of Container Registry, `PROJECT[/IMAGE…]`.
 * The id of a project has no dot. If the first part has one, it is a domain, and the first two parts together are the project. Throws
 * `USAGE` for a text that is not a name.
 */
export function parseImageName(text: string, place: GarPlace): ImageName {
  if (!isRepositoryName(text)) {
    throw new ToolError('USAGE', `${JSON.stringify(text)} is not the name of a repository.`, {
      hint: 'Names are lower case: PROJECT/REPOSITORY/IMAGE.',
    });
  }
  const parts = text.split('/');
  const project = parts.splice(0, parts[0]?.includes('.') ? 2 : 1).join(':');
  const repository = place.repository ?? parts.shift();
  const image = parts.join('/');
  return { project, ...(repository !== undefined && { repository }), ...(image !== '' && { package: image }) };
}

/** The name as image references have it: the inverse of {@link parseImageName}. */
export function imagePath({ project, repository, package: image }: WholeImageName, place: GarPlace): string {
  return [project.replace(':', '/'), ...(place.repository === undefined ? [repository] : []), image].join('/');
}

/** `projects/…/locations/…` */
export function locationResource(project: string, { location }: GarPlace): string {
  return `projects/${project}/locations/${location}`;
}

/** `projects/…/locations/…/repositories/…` */
export function repositoryResource({ project, repository }: Pick<WholeImageName, 'project' | 'repository'>, place: GarPlace): string {
  return `${locationResource(project, place)}/repositories/${repository}`;
}

/** `…/packages/team%2Fapp`: the id of a package is one part of the path, its slashes escaped, once. */
export function packageResource(name: WholeImageName, place: GarPlace): string {
  return `${repositoryResource(name, place)}/packages/${encodeURIComponent(name.package)}`;
}

/** `…/versions/sha256:…`. Throws `USAGE` for a text that is not a digest. */
export function versionResource(name: WholeImageName, digest: Digest, place: GarPlace): string {
  if (isDigest(digest)) return `${packageResource(name, place)}/versions/${digest}`;
  throw new ToolError('USAGE', `${JSON.stringify(digest)} is not a digest.`, { hint: 'Name an image as repository@sha256:….' });
}

/** `…/tags/…`. Throws `USAGE` for a text that is not a tag. */
export function tagResource(name: WholeImageName, tag: string, place: GarPlace): string {
  if (isTag(tag)) return `${packageResource(name, place)}/tags/${tag}`;
  throw new ToolError('USAGE', `${JSON.stringify(tag)} is not a tag.`, { hint: 'Name an image as repository:tag.' });
}

/** The last part of a resource's name, its escapes undone, once; undefined where it makes no sense. */
export function lastPart(resource: string, collection: string): string | undefined {
  const id = resource.split(`/${collection}/`).at(-1);
  if (id === undefined || id === resource || id === '') return undefined;
  try {
    return decodeURIComponent(id);
  } catch {
    return undefined;
  }
}
