const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;

/** Milliseconds of a duration such as `12h` or `30d`; undefined for anything else. A day is exactly 24 hours. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+)([smhdw])$/.exec(text);
  const value = match ? Number(match[1]) * SECONDS[match[2] as keyof typeof SECONDS] * 1000 : undefined;
  return value !== undefined && Number.isSafeInteger(value) ? value : undefined;
}
