const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** Bytes of a size such as `500MB` (powers of 1000) or `2GiB` (powers of 1024); undefined for anything else. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]i?B|B)$/.exec(text);
  const value = match ? Math.round(Number(match[1]) * (BYTES[match[2] as string] as number)) : undefined;
  return value !== undefined && Number.isSafeInteger(value) ? value : undefined;
}
