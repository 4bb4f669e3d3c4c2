import { createHash } from 'node:crypto';
import { DAY_MS } from '../../domain/time.ts';
import { type Annotations, type Content, type Format, image, layer, type Pushable } from '../image.ts';

/** One push of the history: a thing and the tags it ends up with. */
export interface Build {
  readonly thing: Pushable;
  readonly tags: readonly string[];
}

/** The instant `days` before `now`, ISO 8601. */
export function daysBefore(now: Date, days: number): string {
  return new Date(now.getTime() - days * DAY_MS).toISOString();
}

/** The UTC date `days` before `now` as `YYYYMMDD`. */
export function dateTag(now: Date, days: number): string {
  return daysBefore(now, days).slice(0, 10).replaceAll('-', '');
}

/** A made-up commit: 40 hex digits that follow from `seed`. */
export function commit(seed: string): string {
  return createHash('sha1').update(seed).digest('hex');
}

export interface AppParts {
  /** Names the application; all its images share the base layer. */
  readonly app: string;
  /** Images with the same one share the layer of dependencies. */
  readonly dependencies: string;
  /** What the image's own layer follows from. */
  readonly build: string;
  readonly created: string;
  readonly platform?: string;
  readonly labels?: Annotations;
  readonly format?: Format;
}

const shared = new Map<string, Content>();

/** The layer of a seed, made once: most images have their first two layers from others. */
function sharedLayer(seed: string, size: number, format: Format): Content {
  const key = `${format} ${seed}`;
  const made = shared.get(key) ?? layer(seed, size, format);
  shared.set(key, made);
  return made;
}

/** An image of three layers: base, dependencies, application. */
export function appImage({ app, dependencies, build, created, platform = 'linux/amd64', labels, format = 'oci' }: AppParts): Pushable {
  const layers: Content[] = [
    sharedLayer(`base ${platform}`, 64 * 1024, format),
    sharedLayer(`${app} ${dependencies} ${platform}`, 24 * 1024, format),
    layer(`${app} ${build} ${platform}`, 12 * 1024, format),
  ];
  return image({ layers, created, platform, format, ...(labels && { labels }) });
}
