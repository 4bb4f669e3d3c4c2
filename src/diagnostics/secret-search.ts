/** A part of a text: offsets, the end exclusive. */
export interface Found {
  readonly start: number;
  readonly end: number;
}

/** The shortest text that is searched for. */
export const SHORTEST_SEARCHED = 8;
/** So much of the beginning of a long text is taken for it: answers and messages are cut somewhere. */
const BEGINNING = 20;
/** The texts are told by every run of so many characters within their first {@link SHORTEST_SEARCHED}. */
const RUN = 4;
/** One run in so many is looked at: one of these lies within the first characters of whatever is searched for. */
const STEP = SHORTEST_SEARCHED - RUN + 1;
const TABLE = 2 ** 20;

/**
 * Searches a text for many others at once. Only one place in five is looked at, however many texts are searched for, so that a document of
 * a hundred thousand manifests is searched in the time in which a few megabytes of it are written.
 */
export class SecretSearch {
  /** All texts by their first characters. */
  readonly #byHead = new Map<string, string[]>();
  /** Every beginning of a text that is shorter than that: a run may know thousands of tokens, and asks at the end of each part. */
  readonly #beginnings = new Set<string>();
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
    for (let at = 0; at < STEP; at++) this.#runs[hash(head, at)] = 1;
  }

  /** Where one of the texts stands, or the beginning of a long one as far as it goes on like that; those that overlap are one part. */
  find(text: string): Found[] {
    const found: { start: number; end: number }[] = [];
    if (this.isEmpty) return found;
    for (let at = 0; at + RUN <= text.length; at += STEP) {
      if (this.#runs[hash(text, at)] === 0) continue;
      for (let start = Math.max(0, at - STEP + 1); start <= at; start++) {
        const end = start + this.#lengthAt(text, start);
        const last = found.at(-1);
        if (end === start) continue;
        if (last && start < last.end) last.end = Math.max(last.end, end);
        else found.push({ start, end });
      }
    }
    return found;
  }

  /** Where the end of a text may be the beginning of one of the texts, which goes on in what comes next: its length if it is not. */
  open(text: string): number {
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

function hash(text: string, at: number): number {
  const two = text.charCodeAt(at) * 31 + text.charCodeAt(at + 1);
  return ((two * 31 + text.charCodeAt(at + 2)) * 31 + text.charCodeAt(at + 3)) & (TABLE - 1);
}
