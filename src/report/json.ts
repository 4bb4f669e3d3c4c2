import { escapeHidden } from './escape-hidden.ts';

/** A document as JSON: two spaces, keys in the order of its contract, a line end behind. Nothing in it can command a terminal. */
export function toJson(document: unknown): string {
  return `${escapeHidden(JSON.stringify(document, null, 2))}\n`;
}

/** The same in one line. */
export function toJsonLine(document: unknown): string {
  return `${escapeHidden(JSON.stringify(document))}\n`;
}
