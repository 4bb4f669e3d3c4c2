import { encodedRuns, isOfWord } from './encoded-runs.ts';
import { type Found, SecretParts, SHORTEST_PART } from './secret-parts.ts';

/** The shortest text that is searched for. */
export const SHORTEST_SEARCHED = 8;
/** So much of the beginning of a long text is taken for it: answers and messages are cut somewhere. */
const BEGINNING = 20;
/** The texts are told by every run of so many characters within their first {@link SHORTEST_SEARCHED}. */
const RUN = 4;
/** One run in so many is looked at: one of these lies within the first characters of whatever is searched for. */
const STEP = SHORTEST_SEARCHED - RUN + 1;
const TABLE = 2 ** 20;
/** What may stand where a run does: a text, and a part of a long one. */
const TEXT = 1;
const PART = 2;
/** So long may a part be, percent-encoded, before it is told. */
const LONGEST_UNTOLD = 3 * SHORTEST_PART;

/**
 * Searches a text for many others at once, and for parts of long ones: plain, in base64, in hexadecimal digits or percent-encoded. Only
 * one place in five is looked at, however many texts are searched for, so that a document of a hundred thousand manifests is searched in
 * the time in which a few megabytes of it are written.
 */
export class SecretSearch {
  /** All texts by their first characters. */
  readonly #byHead = new Map<string, string[]>();
  /** Every beginning of a text that is shorter than that: a run may know thousands of tokens, and asks at the end of each part. */
  readonly #beginnings = new Set<string>();
  readonly #parts = new SecretParts();
  #hasParts = false;
  readonly #runs = new Uint8Array(TABLE);

  get isEmpty(): boolean {
    return this.#byHead.size === 0;
  }

  /** `text` has at least {@link SHORTEST_SEARCHED} characters. */
  add(text: string): void {
    const head = text.slice(0, SHORTEST_SEARCHED);
    const known = this.#byHead.get(head);
    if (known) known.push(text);
    else {
      this.#byHead.set(head, [text]);
      for (let length = 1; length < SHORTEST_SEARCHED; length++) this.#beginnings.add(head.slice(0, length));
    }
    for (let at = 0; at < STEP; at++) this.#mark(hash(head, at), TEXT);
  }

  /** Of a long secret, every part is searched for. */
  addParts(secret: string): void {
    this.#parts.add(secret, (text, at) => {
      this.#mark(hash(text, at), PART);
      this.#hasParts = true;
    });
  }

  #mark(run: number, what: number): void {
    this.#runs[run] = (this.#runs[run] as number) | what;
  }

  /** Where one of the texts stands, or a part of a long one as far as it goes on like that; those that overlap are one part. */
  find(text: string): Found[] {
    if (this.isEmpty) return [];
    const found = this.#findPlain(text);
    if (this.#hasParts) {
      for (const { text: decoded, place } of encodedRuns(text)) {
        for (const { start, end } of this.#findPlain(decoded)) found.push({ start: Math.floor(place(start)), end: Math.ceil(place(end)) });
      }
    }
    return found.length < 2 ? found : joined(found);
  }

  #findPlain(text: string): Found[] {
    const found: Found[] = [];
    const told = new Map<number, number>();
    for (let at = 0; at + RUN <= text.length; at += STEP) {
      const may = this.#runs[hash(text, at)] as number;
      if (may === 0) continue;
      if ((may & PART) !== 0) this.#parts.around(text, at, told, found);
      if ((may & TEXT) !== 0) this.#findWhole(text, at, found);
    }
    return found;
  }

  #findWhole(text: string, at: number, found: Found[]): void {
    for (let start = Math.max(0, at - STEP + 1); start <= at; start++) {
      const length = this.#lengthAt(text, start);
      if (length > 0) found.push({ start, end: start + length });
    }
  }

  /** From where on a text has to be looked at once more, together with what comes next: its length where it need not be. */
  open(text: string, found: readonly Found[]): number {
    let open = this.#openEnd(text);
    for (const { start, end } of found.toReversed()) if (end >= open) open = Math.min(open, start);
    return open;
  }

  /** The last word of a text may be the beginning of a part, as the whole of it may be that of a text. */
  #openEnd(text: string): number {
    let start = text.length;
    if (this.#hasParts) while (start > text.length - LONGEST_UNTOLD && isOfWord(text.charCodeAt(start - 1))) start--;
    return Math.min(start, this.#openBeginning(text));
  }

  /** Where the end of a text may be the beginning of one of the texts, which goes on in what comes next. */
  #openBeginning(text: string): number {
    for (let start = Math.max(0, text.length - BEGINNING + 1); start < text.length; start++) {
      const end = text.slice(start);
      const isBeginning =
        end.length < SHORTEST_SEARCHED
          ? this.#beginnings.has(end)
          : this.#byHead.get(end.slice(0, SHORTEST_SEARCHED))?.some((each) => each.startsWith(end));
      if (isBeginning) return start;
    }
    return text.length;
  }

  #lengthAt(text: string, start: number): number {
    let longest = 0;
    for (const each of this.#byHead.get(text.slice(start, start + SHORTEST_SEARCHED)) ?? []) {
      let length = SHORTEST_SEARCHED;
      while (length < each.length && text[start + length] === each[length]) length++;
      if (length >= Math.min(each.length, BEGINNING)) longest = Math.max(longest, length);
    }
    return longest;
  }
}

/** Parts in order, those that overlap as one. */
function joined(parts: readonly Found[]): Found[] {
  const whole: { start: number; end: number }[] = [];
  for (const { start, end } of parts.toSorted((a, b) => a.start - b.start)) {
    const last = whole.at(-1);
    if (last && start < last.end) last.end = Math.max(last.end, end);
    else whole.push({ start, end });
  }
  return whole;
}

function hash(text: string, at: number): number {
  const two = text.charCodeAt(at) * 31 + text.charCodeAt(at + 1);
  return ((two * 31 + text.charCodeAt(at + 2)) * 31 + text.charCodeAt(at + 3)) & (TABLE - 1);
}
