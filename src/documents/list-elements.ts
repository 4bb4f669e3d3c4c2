import type { ByteWindow } from './byte-window.ts';

/** A part of a document is longer than a text may be. */
export class PartTooLong extends Error {}

/** So many bytes are looked at before the next are read. */
const STRETCH = 2 ** 18;
const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** 1 for each byte that begins or ends something outside a text. */
const MEANS = new Uint8Array(256);
for (const byte of [QUOTE, COMMA, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT]) MEANS[byte] = 1;

/**
 * Takes the text of a JSON object apart at the list that it has under `name`, so that the elements of that list need not be in memory all
 * at once: yields the text of each, and answers that of the object with the list empty. It looks for nothing but where texts, lists and
 * objects begin and end, so whether this is JSON is told by parsing what it yields and answers. Yields nothing where there is no such list.
 * Throws `SyntaxError` where there are two of them, and {@link PartTooLong} for a part of more than `longest` bytes.
 */
export function* listElements(
  bytes: ByteWindow,
  name: string,
  longest: number,
  stretchLength = STRETCH,
): Generator<string, string, undefined> {
  const key = Buffer.from(JSON.stringify(name));
  const textOf = (start: number, end: number): string => {
    if (end - start > longest) throw new PartTooLong();
    return bytes.slice(start, end).toString('utf8');
  };
  const outside: string[] = [];
  /** Where the part began that is gone through: what stands beside the list, or an element. */
  let part = 0;
  let depth = 0;
  let isText = false;
  /** Where the last text directly in the object began, and whether it is the key of the list. */
  let text = 0;
  let isKey = false;
  /** Elements so far; undefined outside the list. */
  let elements: number | undefined;
  for (let at = 0; at < bytes.length;) {
    const stretch = bytes.slice(at, Math.min(bytes.length, at + stretchLength));
    let index = 0;
    let backslash = -1;
    // Whatever reads other bytes ends this loop, since these do not hold then.
    for (let holds = true; holds && index < stretch.length; index++) {
      if (isText) {
        const quote = indexIn(stretch, QUOTE, index);
        if (backslash < index) backslash = indexIn(stretch, BACKSLASH, index);
        if (backslash < quote) index = backslash + 1;
        else if (quote === stretch.length) index = quote - 1;
        else {
          index = quote;
          isText = false;
          if (depth !== 1) continue;
          const end = at + quote + 1;
          holds = end - text !== key.length;
          isKey = !holds && bytes.slice(text, end).equals(key);
        }
        continue;
      }
      const byte = stretch[index] as number;
      if (MEANS[byte] === 0) continue;
      const place = at + index;
      if (byte === QUOTE) {
        isText = true;
        if (depth === 1) text = place;
      } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
        if (depth === 1 && isKey && byte === OPEN_LIST) {
          if (outside.length > 0) throw new SyntaxError(`two lists of ${name}`);
          outside.push(textOf(part, place + 1));
          [part, elements, holds] = [place + 1, 0, false];
        }
        depth += 1;
      } else if (byte === COMMA) {
        if (depth === 1) isKey = false;
        if (depth !== 2 || elements === undefined) continue;
        yield textOf(part, place);
        [part, elements, holds] = [place + 1, elements + 1, false];
      } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
        depth -= 1;
        if (depth !== 1 || elements === undefined) continue;
        const last = textOf(part, place);
        if (elements > 0 || /\S/.test(last)) yield last;
        [part, elements, holds] = [place, undefined, false];
      }
    }
    at += index;
    if (at - part > longest) throw new PartTooLong();
  }
  outside.push(textOf(part, bytes.length));
  return outside.join('');
}

/** Where a byte stands first, from `start` on; the end where it does not. */
function indexIn(bytes: Buffer, byte: number, start: number): number {
  const found = bytes.indexOf(byte, start);
  return found < 0 ? bytes.length : found;
}
