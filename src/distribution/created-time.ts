import { parseISO } from 'date-fns/parseISO';
import type { ImageConfig } from './image-config.ts';

const CREATED = 'org.opencontainers.image.created';
const BUILD_DATE = 'org.label-schema.build-date';
const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/**
 * When an image was built, by the first of these that says so: its config, its manifest's annotation, the config's labels (OCI image-spec,
 * config.md and annotations.md). ISO 8601 UTC; undefined where nothing does. A time that stands for "not said", such as 1970, stays as it is.
 */
export function createdTime(
  config: ImageConfig | undefined,
  annotations: Readonly<Record<string, string>> | undefined,
): string | undefined {
  for (const text of [config?.created, annotations?.[CREATED], config?.labels?.[CREATED], config?.labels?.[BUILD_DATE]]) {
    const time = text === undefined ? undefined : utc(text);
    if (time !== undefined) return time;
  }
  return undefined;
}

/** An RFC 3339 time in UTC with milliseconds; undefined for any other text, since what else a date parser takes depends on the machine. */
function utc(text: string): string | undefined {
  if (!RFC3339.test(text)) return undefined;
  const time = parseISO(text.toUpperCase()).getTime();
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}
