import { parseYamlDocuments } from '../config/yaml-document.ts';
import { printable } from '../diagnostics/redact.ts';
import type { Source } from '../diagnostics/source.ts';
import { type Problem, problemAt } from '../diagnostics/source-error.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { InUseImage } from '../domain/in-use.ts';
import { imagesAnywhere } from './images-anywhere.ts';
import { parseJsonDocuments } from './json-documents.ts';
import { imagesOfObject } from './kubernetes/images-of-object.ts';
import { parseImage } from './parse-image.ts';
import { unrenderedBy } from './unrendered.ts';

/** The parser takes a hundred bytes of memory for each byte, and a second for each megabyte. */
const LONGEST_YAML = 8 * 2 ** 20;

type Fields = Readonly<Record<string, unknown>>;

/** Where an object stands. */
interface Place {
  readonly source: Source;
  /** Offset of the document that it is in. */
  readonly start: number;
}

/** What was found: the images, and everything that may be an image and could not be understood. */
export interface Found {
  readonly images: InUseImage[];
  readonly problems: Problem[];
}

/**
 * Reads the images of Kubernetes objects: documents of a YAML text, or JSON objects that follow each other. Each must be an object, or a list of objects, with `kind` and
 * `apiVersion`; one without images is fine. Nothing of the text is shown in problems but images: manifests hold secrets.
 *
 * Throws `FILE` for YAML longer than 8 MiB.
 */
export function readManifests(source: Source, format: 'yaml' | 'json'): Found {
  if (format === 'yaml' && source.text.length > LONGEST_YAML) {
    throw new ToolError('FILE', `${source.file}: the list of images in use is more than ${LONGEST_YAML / 2 ** 20} MiB of YAML.`, {
      hint: 'Write it as JSON (-o json), or split it.',
    });
  }
  const { documents, problems } = format === 'json' ? parseJsonDocuments(source) : parseYamlDocuments(source);
  const found: Found = { images: [], problems: [...problems] };
  // Of a text that is half understood the rest only adds noise.
  if (problems.length === 0) for (const { data, start } of documents) addObject(found, data, { source, start });
  return { images: found.images, problems: found.problems.map(withoutFrame) };
}

/** A problem that shows nothing of the file. */
function withoutFrame({ file, line, column, endColumn, message }: Problem): Problem {
  return { file, line, column, endColumn, message, frame: '' };
}

/** Adds what an object says, and each object of a list. `kind` is that of a list, which does not repeat it. */
function addObject(found: Found, data: unknown, place: Place, listed?: string): void {
  const wrong = (message: string, text = ''): void => {
    if (found.problems.length < MOST_PROBLEMS) found.problems.push(problemIn(place, text, message));
  };
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    return wrong('no Kubernetes object: expected a map with "apiVersion" and "kind"');
  const object = data as Fields;
  const kind = object['kind'] ?? listed;
  const { items, metadata } = object;
  if (typeof kind !== 'string' || kind === '' || (listed === undefined && typeof object['apiVersion'] !== 'string')) {
    return wrong('no Kubernetes object: it has no "apiVersion" and "kind", as a values file, or a template that is not rendered, has none');
  }
  if (kind.endsWith('List') && Array.isArray(items)) {
    if (fields(metadata)['continue']) return wrong(`a ${kind} that is one page of several: give all of them`);
    const kindOfItems = kind === 'List' ? undefined : kind.slice(0, -'List'.length);
    for (const item of items) addObject(found, item, place, kindOfItems);
    return;
  }
  const who = nameOf(kind, fields(metadata));
  const unrendered = unrenderedBy(object);
  if (unrendered !== undefined) return wrong(`${who} ${unrendered}`, kind);
  try {
    const named = imagesOfObject({ ...object, kind });
    const elsewhere = imagesAnywhere(object);
    const seen = new Set(named.map(({ image }) => image));
    for (const { image, where } of named) add(image, where, true);
    for (const { image, path, mustParse } of elsewhere) if (!seen.has(image)) add(image, `${who} (${path})`, mustParse);
  } catch (error) {
    if (!(error instanceof ToolError) || error.code !== 'IN_USE_INVALID') throw error;
    wrong(error.message);
  }

  function add(text: string, where: string, mustParse: boolean): void {
    const image = parseImage(text);
    if (typeof image !== 'string') found.images.push({ image, source: `${place.source.file}: ${printable(where)}` });
    else if (mustParse || isTemplate(text))
      wrong(
        `${where}: ${JSON.stringify(text.slice(0, LONGEST_SHOWN))} is ${isTemplate(text) ? 'a template that is not rendered' : image}`,
        text,
      );
  }
}

const MOST_PROBLEMS = 1000;
const LONGEST_SHOWN = 200;

/** A problem in the first line of the document in which the text stands; in that in which the document begins where it cannot be found. */
function problemIn({ source, start }: Place, text: string, message: string): Problem {
  const at = text === '' ? -1 : source.text.indexOf(text, start);
  return problemAt(source, { start: at < 0 ? start : at, end: (at < 0 ? start : at) + Math.max(1, text.length) }, message);
}

/** What kustomize, Helm, Flux and shells replace. */
function isTemplate(text: string): boolean {
  return /\{\{|\$\{|\$\(/.test(text);
}

function nameOf(kind: string, { namespace, name, generateName }: Fields): string {
  const own = name ?? generateName;
  return `${typeof namespace === 'string' ? `${namespace}/` : ''}${kind} ${typeof own === 'string' ? own : '(no name)'}`;
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
