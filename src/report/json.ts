/** A document as JSON: two spaces, keys in the order of its contract, a line end behind. */
export function toJson(document: unknown): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}
