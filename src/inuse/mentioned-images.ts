import { ToolError } from '../diagnostics/tool-error.ts';
import { isDigest } from '../domain/digest.ts';
import { parseReference } from '../domain/reference.ts';
import { fields, type Fields, pathIn } from './fields.ts';

/** An image that stands somewhere in an object: a reference with a tag or a digest, or a digest. */
interface MentionedImage {
  readonly image: string;
  /** Keys from the root of the object, such as `spec.package`. */
  readonly path: string;
}

/** What may be a reference within a text: a shell's words, an argument after its "=", a line of a script. */
const PIECES = /(?:\[[0-9a-fA-F:.]+\]:)?[A-Za-z0-9][\w./:@-]*/g;
/** Of a map that has an image in parts: the keys of its name, and of its tag or digest. */
const NAME = /(?:image|repository|repo|repourl|url|package|bundle)$/i;
const IMAGE_NAME = /(?:image|repository)$/i;
const VERSION = /(?:tag|digest|version|revision)$/i;
const TAG = /tag$/i;
/** What the object was before, by kubectl's own note. */
const FORMER = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * Every image that an object of any kind names in a place that nobody has told us of: the argument or variable by which an operator learns
 * what to start, the package of a provider, the volume of a driver, the parts `repository` and `tag` of a custom resource. To protect too
 * much loses nothing; and yet none of them shows that the object tells what runs.
 *
 * Throws `IN_USE_INVALID` for a tag beside the name of an image that is a number: 1.10 has become 1.1, and the image that runs would not be
 * found.
 */
export function mentionedImages(object: object): MentionedImage[] {
  const found: MentionedImage[] = [];
  const pending: { readonly value: object; readonly path: string }[] = [{ value: object, path: '' }];
  // Without calling itself: what an API server answers may be nested however deep.
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { value, path } = next;
    if (!Array.isArray(value)) for (const image of inParts(value as Fields, path)) found.push({ image, path });
    for (const [key, inner] of Object.entries(value) as [string, unknown][]) {
      const at = pathIn(value, path, key);
      if (typeof inner === 'string' && key !== FORMER) for (const image of inText(inner)) found.push({ image, path: at });
      else if (typeof inner === 'object' && inner !== null) pending.push({ value: inner, path: at });
    }
  }
  return found;
}

function inText(text: string): string[] {
  // Most texts are neither.
  if (!text.includes(':') || !(text.includes('/') || text.includes('sha'))) return [];
  const pieces = [...text.matchAll(PIECES)].map(([piece]) => withoutScheme(piece).replace(/[.:/@-]+$/, ''));
  return pieces.filter((piece) => {
    if (isDigest(piece)) return true;
    const reference = piece.includes('/') ? parseReference(piece) : undefined;
    return reference?.tag !== undefined || reference?.digest !== undefined;
  });
}

/** What the parts of a map make, as the values of charts, Argo CD's `repoURL` and Flux's `url` and `ref` have them. */
function inParts(map: Fields, path: string): string[] {
  const names = Object.entries(map).flatMap(([key, value]) => {
    if (!NAME.test(key) || typeof value !== 'string') return [];
    const name = withoutScheme(value.trim()).replace(/\/+$/, '');
    const reference = parseReference(name);
    return reference && reference.tag === undefined && reference.digest === undefined ? [{ key, name }] : [];
  });
  if (names.length === 0) return [];
  const parts = [...Object.entries(map), ...Object.entries(fields(map['ref']))];
  const wrong = names.some(({ key }) => IMAGE_NAME.test(key)) && parts.find(([key, value]) => TAG.test(key) && typeof value === 'number');
  if (wrong) {
    const where = `${path === '' ? '' : `${path}.`}${wrong[0]}`;
    throw new ToolError('IN_USE_INVALID', `${where} is a tag that is not a text: put it in quotes, or leave the object out.`, {
      hint: 'Nothing was planned.',
    });
  }
  const versions = parts.flatMap(([key, value]) => (VERSION.test(key) && typeof value === 'string' && value !== '' ? [value.trim()] : []));
  const host = ['registry', 'imageRegistry'].flatMap((key) => (typeof map[key] === 'string' && map[key] !== '' ? [map[key]] : []));
  return names
    .flatMap(({ name }) => [name, ...host.map((each) => `${withoutScheme(each).replace(/\/+$/, '')}/${name}`)])
    .flatMap((name) => versions.map((version) => (isDigest(version) ? `${name}@${version}` : `${name}:${version.replaceAll('+', '_')}`)))
    .filter((image) => parseReference(image) !== undefined);
}

/** Without `docker-pullable://` or `oci://`, which do not belong to a reference. */
function withoutScheme(text: string): string {
  return text.replace(/^[a-z][a-z-]*:\/\//, '');
}
