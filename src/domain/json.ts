/** A JSON object whose fields are not known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

const DECODER = new TextDecoder('utf-8', { ignoreBOM: true });

/** Parses the bytes of a JSON value; undefined for what is not JSON. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(DECODER.decode(bytes));
  } catch {
    return undefined;
  }
}

/** Parses the bytes of a JSON object; undefined for anything else. */
export function parseJsonObject(bytes: Uint8Array): JsonObject | undefined {
  return asObject(parseJson(bytes));
}

/** True of an object that is neither null nor a list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True of text that is not empty. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** The value as an object; undefined for anything else. */
export function asObject(value: unknown): JsonObject | undefined {
  return isObject(value) ? value : undefined;
}

/** The value as a list. An absent value and null (how Go writes an empty list) are empty lists; anything else is undefined. */
export function asList(value: unknown): readonly unknown[] | undefined {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : undefined;
}

/** The value as text; undefined for empty text and for anything else. */
export function asText(value: unknown): string | undefined {
  return isText(value) ? value : undefined;
}

/** The entries of a map whose value is text; undefined where there is no such entry. */
export function asTextMap(value: unknown): Readonly<Record<string, string>> | undefined {
  const object = asObject(value);
  if (!object) return undefined;
  const entries = Object.entries(object).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}
