import { DAY_MS } from '../domain/time.ts';
import { NumberLines } from './number-lines.ts';
import { beginningsOf, movingTags, type TagPart, type TagShape, tagShape } from '../policy/tag-shape.ts';

/** A tag of a repository. */
export interface KnownTag {
  readonly tag: string;
  /** When its image was pushed, in milliseconds since the epoch; undefined where that is not known. */
  readonly time: number | undefined;
  /** Its image was pushed in the time that is looked at. */
  readonly isNew: boolean;
}

/** Which repetition of the past a tag is for. */
export interface Repetition {
  /** From 1 on. */
  readonly round: number;
  /** Milliseconds by which it is later than the original. */
  readonly shift: number;
  /** Letters that make a new name of the words in a tag, where it is to stand for another branch; undefined: it stays the same one. */
  readonly letters?: string | undefined;
}

/** What the images of one repository will be called, by what those that came lately are called. */
export class NextTags {
  /** True of a tag that is moved from image to image. */
  readonly moves: (tag: string) => boolean;
  readonly #lines = new Map<string, NumberLines>();
  /** The shapes of tags with a commit. */
  readonly #commits: ReadonlySet<string>;
  readonly #accepts: (tag: string, next: string) => boolean;

  /** `accepts` says whether a tag of another branch may have this name: it must mean the same to the policy. */
  constructor(known: readonly KnownTag[], accepts: (tag: string, next: string) => boolean) {
    this.#accepts = accepts;
    this.moves = movingTags(known.map(({ tag }) => tag));
    this.#commits = new Set(known.map(({ tag }) => tagShape(tag).shape).filter((shape) => shape.includes('{hex}')));
    // What was known before comes first: the numbers that are new are told by it.
    const sorted = known.toSorted((a, b) => Number(a.isNew) - Number(b.isNew) || (a.time ?? 0) - (b.time ?? 0));
    for (const { tag, isNew } of sorted) {
      if (this.moves(tag)) continue;
      const { shape, numbers } = this.shape(tag);
      if (numbers.length === 0) continue;
      const lines = this.#lines.get(shape) ?? new NumberLines();
      this.#lines.set(shape, lines);
      lines.add(numbers, isNew);
    }
  }

  /** A tag taken apart. Where others have a commit in the same place, digits alone are one too. */
  shape(tag: string): TagShape {
    const shape = tagShape(tag);
    const other = /[0-9]{7}/.test(tag) ? tagShape(tag, true) : shape;
    return this.#commits.has(other.shape) ? other : shape;
  }

  /** The tags of the image that comes in place of one with these, each beside the old one. */
  next(tags: readonly string[], repetition: Repetition): ReadonlyMap<string, string> {
    const next = new Map<string, string>();
    const beginnings = new Map<string, string>();
    for (const tag of tags) {
      if (this.moves(tag)) continue;
      const name = this.#nextName(tag, repetition);
      next.set(tag, name);
      const after = beginningsOf(name);
      beginningsOf(tag).forEach((beginning, index) => beginnings.set(beginning, after[index] as string));
    }
    for (const tag of tags) if (!next.has(tag)) next.set(tag, beginnings.get(tag) ?? tag);
    return next;
  }

  /**
   * What an image like one with these tags might have been called so many milliseconds before; undefined where there can have been none, as
   * before `build-0`. Moving tags have moved on from it.
   */
  earlier(tags: readonly string[], span: number): readonly string[] | undefined {
    const names = tags.filter((tag) => !this.moves(tag)).map((tag) => earlierName(this.shape(tag), tag, span));
    return names.every((name) => name !== undefined) ? names : undefined;
  }

  #nextName(tag: string, { round, shift, letters }: Repetition): string {
    const { parts, shape, numbers } = this.shape(tag);
    const counted = [...(this.#lines.get(shape)?.next(numbers, round) ?? [])];
    const later = parts.map((part): TagPart => {
      if (part.kind === 'number') return { ...part, text: String(counted.shift()).padStart(part.text.length, '0') };
      if (part.kind === 'date') return { ...part, text: laterDate(part.text, shift) };
      return part.kind === 'hex' ? { ...part, text: hexOf(`${tag} ${round}`, part.text.length) } : part;
    });
    const same = textOf(later);
    if (letters === undefined) return same;
    const other = textOf(withLetters(later, letters));
    return this.#accepts(tag, other) ? other : same;
  }
}

function earlierName({ parts, numbers }: TagShape, tag: string, span: number): string | undefined {
  const isCounted = parts.every(({ kind }) => kind === 'text' || kind === 'number');
  if (isCounted && numbers.at(-1) === 0n) return undefined;
  const last = parts.findLastIndex(({ kind }) => kind === 'number');
  return textOf(
    parts.map((part, index) => {
      if (part.kind === 'date') return { ...part, text: laterDate(part.text, -span) };
      if (part.kind === 'hex') return { ...part, text: hexOf(`${tag} before`, part.text.length) };
      return isCounted && index === last ? { ...part, text: String(BigInt(part.text) - 1n).padStart(part.text.length, '0') } : part;
    }),
  );
}

function textOf(parts: readonly TagPart[]): string {
  return parts.map(({ text }) => text).join('');
}

/** With letters behind the last word. */
function withLetters(parts: readonly TagPart[], letters: string): readonly TagPart[] {
  const place = parts.findLastIndex(({ kind, text }) => kind === 'text' && /[a-zA-Z]/.test(text));
  return parts.map((part, index) =>
    index === place ? { ...part, text: part.text.replace(/([a-zA-Z])([^a-zA-Z]*)$/, `$1${letters}$2`) } : part,
  );
}

/** A date, so many whole days later, written as before. */
function laterDate(text: string, shift: number): string {
  const digits = text.replaceAll(/[^0-9]/g, '');
  const sign = text.length === 8 ? '' : text.charAt(4);
  const day = Date.UTC(Number(digits.slice(0, 4)), Number(digits.slice(4, 6)) - 1, Number(digits.slice(6)));
  const later = new Date(day + Math.round(shift / DAY_MS) * DAY_MS);
  return later.toISOString().slice(0, 10).replaceAll('-', sign);
}

/** So many hexadecimal digits that a text stands for, by FNV-1a: as good as those of a commit, and the same in every run. */
function hexOf(text: string, length: number): string {
  let digits = '';
  for (let salt = 0; digits.length < length; salt += 1) {
    let hash = 0x811c9dc5;
    for (const character of `${salt} ${text}`) hash = Math.imul(hash ^ (character.codePointAt(0) as number), 0x01000193);
    digits += (hash >>> 0).toString(16).padStart(8, '0');
  }
  // At least one letter, as in all that are taken for such digits.
  return /[a-f]/.test(digits.slice(0, length)) ? digits.slice(0, length) : `${digits.slice(0, length - 1)}a`;
}
