import { utcTime } from '../domain/time.ts';
import type { ImageConfig } from './image-config.ts';

const CREATED = 'org.opencontainers.image.created';
const BUILD_DATE = 'org.label-schema.build-date';

/**
 * When an image was built, by the first of these that says so: its config, its manifest's annotation, the config's labels
 * (OCI image-spec, config.md and annotations.md). ISO 8601 UTC; undefined where none of them says it. A time that stands for
 * "not said", such as 1970, stays as it is.
 */
export function createdTime(
  config: ImageConfig | undefined,
  annotations: Readonly<Record<string, string>> | undefined,
): string | undefined {
  for (const text of [config?.created, annotations?.[CREATED], config?.labels?.[CREATED], config?.labels?.[BUILD_DATE]]) {
    // Labels are written by hand and by `date --rfc-3339`, which puts a space between date and time.
    const time = utcTime(text?.replace(' ', 'T'));
    if (time !== undefined) return time;
  }
  return undefined;
}
