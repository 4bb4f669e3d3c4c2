/** A part of a tag: what stays as it is, a number, a date, or the digits of a commit or digest. */
export interface TagPart {
  readonly kind: 'text' | 'number' | 'date' | 'hex';
  readonly text: string;
}

/** A tag taken apart. */
export interface TagShape {
  readonly parts: readonly TagPart[];
  /** The tag with a placeholder for each part that differs from build to build: `main-{hex}`, `v{n}.{n}.{n}`. */
  readonly shape: string;
  /** Its numbers, in their order. */
  readonly numbers: readonly bigint[];
}

const DATE = String.raw`(?<![0-9])20[0-9]{2}(?<sign>[-._]?)(?:0[1-9]|1[0-2])\k<sign>(?:0[1-9]|[12][0-9]|3[01])(?![0-9])`;
/** Seven digits and more that stand alone, behind the "g" of `git describe` too; at least one is a letter, or it would be a number. */
const HEX = String.raw`(?<=^|[^0-9a-zA-Z]|[^0-9a-zA-Z]g)(?=[0-9]*[a-f])[0-9a-f]{7,128}(?![0-9a-zA-Z])`;
const PARTS = new RegExp(`(?<date>${DATE})|(?<hex>${HEX})|(?<number>[0-9]+)`, 'g');
/** The same, where seven digits and more may also be those of a commit: one in thirty has no letter. */
const PARTS_WITHOUT_LETTERS = new RegExp(PARTS.source.replace('(?=[0-9]*[a-f])', ''), 'g');
const PLACEHOLDERS = { number: '{n}', date: '{date}', hex: '{hex}' } as const;

/** Takes a tag apart. `mayLackLetters`: digits alone are those of a commit too, where there are enough of them. */
export function tagShape(tag: string, mayLackLetters = false): TagShape {
  const parts: TagPart[] = [];
  let end = 0;
  for (const match of tag.matchAll(mayLackLetters ? PARTS_WITHOUT_LETTERS : PARTS)) {
    if (match.index > end) parts.push({ kind: 'text', text: tag.slice(end, match.index) });
    const { date, hex } = match.groups ?? {};
    parts.push({ kind: date !== undefined ? 'date' : hex !== undefined ? 'hex' : 'number', text: match[0] });
    end = match.index + match[0].length;
  }
  if (end < tag.length) parts.push({ kind: 'text', text: tag.slice(end) });
  return {
    parts,
    shape: parts.map(({ kind, text }) => (kind === 'text' ? text : PLACEHOLDERS[kind])).join(''),
    numbers: parts.flatMap(({ kind, text }) => (kind === 'number' ? [BigInt(text)] : [])),
  };
}

const VERSION = /^(v?[0-9]+)(\.[0-9]+)\.[0-9]+(.*)$/s;

/**
 * Tells the tags that are moved from image to image from those that name one image: `latest` and `main`, and `1.2` where there is a
 * `1.2.3`, of these tags.
 */
export function movingTags(tags: Iterable<string>): (tag: string) => boolean {
  const beginnings = new Set<string>();
  for (const tag of tags) for (const beginning of beginningsOf(tag)) beginnings.add(beginning);
  return (tag) => (!/[0-9]/.test(tag) ? !isHexAlone(tag) : beginnings.has(tag));
}

/** `1` and `1.2` of `1.2.3`, `v1-alpine` and `v1.2-alpine` of `v1.2.3-alpine`; none of a tag that is not a whole version. */
export function beginningsOf(tag: string): readonly string[] {
  const [, major, minor, rest] = VERSION.exec(tag) ?? [];
  return major === undefined ? [] : [`${major}${rest}`, `${major}${minor}${rest}`];
}

/** One commit in a thousand has letters alone. */
function isHexAlone(tag: string): boolean {
  return tagShape(tag).parts.some(({ kind }) => kind === 'hex');
}
