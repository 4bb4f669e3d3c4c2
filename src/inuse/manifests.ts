import { parseYamlDocuments } from '../config/yaml-document.ts';
import { printable } from '../diagnostics/redact.ts';
import type { Source } from '../diagnostics/source.ts';
import { type Problem, problemAt } from '../diagnostics/source-error.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Found, Place } from './found.ts';
import { imagesAnywhere } from './images-anywhere.ts';
import { parseJsonDocuments } from './json-documents.ts';
import { imagesOfObject } from './kubernetes/images-of-object.ts';
import { mentionedImages } from './mentioned-images.ts';
import { parseImage, withoutPrefix } from './parse-image.ts';
import { unrenderedBy } from './unrendered.ts';
import { fields, type Fields } from './fields.ts';

/** The parser takes a hundred bytes of memory for each byte, and a second for each megabyte. */
const LONGEST_YAML = 8 * 2 ** 20;

/**
 * Adds the images of Kubernetes objects: documents of a YAML text, or JSON objects that follow each other. Each must be an object, or a
 * list of objects, with `kind` and `apiVersion`; one without images is fine. Of the text, problems show nothing but images: manifests hold
 * secrets.
 *
 * Throws `FILE` for YAML longer than 8 MiB.
 */
export function readManifests(source: Source, format: 'yaml' | 'json', found: Found): void {
  if (format === 'yaml' && source.text.length > LONGEST_YAML) {
    throw new ToolError('FILE', `${source.file}: the list of images in use is more than ${LONGEST_YAML / 2 ** 20} MiB of YAML.`, {
      hint: 'Write it as JSON (-o json), or split it.',
    });
  }
  const { documents, problems } = format === 'json' ? parseJsonDocuments(source) : parseYamlDocuments(source);
  for (const problem of problems) found.problems.push(withoutFrame(problem));
  // Of a text that is half understood the rest only adds noise.
  if (problems.length === 0) for (const { data, start } of documents) addObject(found, data, { source, start });
}

/** Adds the images that Flux's objects of all texts name together. */
export function addFluxImages(found: Found): void {
  for (const told of found.flux.images()) {
    const { kind, namespace, name, place } = told.object;
    const who = nameOf(kind, { namespace, name });
    if ('problem' in told) addProblem(found, place, kind, `${who} ${told.problem}`);
    else addImage(found, place, { text: told.image, where: who, mustParse: true });
  }
}

/** A problem that shows nothing of the file. */
function withoutFrame({ file, line, column, endColumn, message }: Problem): Problem {
  return { file, line, column, endColumn, message, frame: '' };
}

/** Adds what an object says, and each object of a list. `listed` has what a list of one kind tells of its items, which do not repeat it. */
function addObject(found: Found, data: unknown, place: Place, listed: Fields = {}): void {
  const wrong = (message: string, text = ''): void => addProblem(found, place, text, message);
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    return wrong('not a Kubernetes object: expected a map with "apiVersion" and "kind"');
  const object: Fields = { ...listed, ...data };
  const { apiVersion, kind, items, metadata } = object;
  if (typeof kind !== 'string' || kind === '' || typeof apiVersion !== 'string') {
    return wrong('not a Kubernetes object: it has no "apiVersion" and "kind", like a values file or a template that is not rendered');
  }
  if (kind.endsWith('List') && Array.isArray(items)) {
    if (fields(metadata)['continue']) return wrong(`a ${kind} that is one page of several: give all of them`);
    const itemsAre = kind === 'List' ? {} : { apiVersion, kind: kind.slice(0, -'List'.length) };
    for (const item of items) addObject(found, item, place, itemsAre);
    if (items.length === 0) found.emptyLists++;
    return;
  }
  // An object of its own may be of a kind that is called so, but has a name.
  if (kind.endsWith('List') && items !== null && fields(metadata)['name'] === undefined)
    return wrong(`a ${kind} without its items: it may be cut short, or its "items" be spelt otherwise`);
  if (kind.endsWith('List') && items === null) found.emptyLists++;
  else found.objects++;
  const who = nameOf(kind, fields(metadata));
  const unrendered = unrenderedBy(object);
  if (unrendered !== undefined) return wrong(`${who} ${unrendered}`, kind);
  if (found.flux.add(object, place)) return;
  try {
    const named = imagesOfObject(object);
    const elsewhere = imagesAnywhere(object);
    const seen = new Set(named.map(({ image }) => image));
    for (const { image, where } of named) addImage(found, place, { text: image, where, mustParse: true });
    for (const { image, path, mustParse } of elsewhere)
      if (!seen.has(image)) addImage(found, place, { text: image, where: `${who} (${path})`, mustParse });
    const told = new Set([...named, ...elsewhere].map(({ image }) => withoutPrefix(image)));
    for (const { image, path } of mentionedImages(object)) if (!told.has(image)) addMentioned(found, place, image, `${who} (${path})`);
  } catch (error) {
    if (!(error instanceof ToolError) || error.code !== 'IN_USE_INVALID') throw error;
    wrong(error.message);
  }
}

interface NamedText {
  readonly text: string;
  /** The object and the place in it. */
  readonly where: string;
  /** It stands where images do, and nothing else. */
  readonly mustParse: boolean;
}

function addImage(found: Found, place: Place, { text, where, mustParse }: NamedText): void {
  const image = parseImage(text);
  if (typeof image !== 'string') found.images.push({ image, source: `${place.source.file}: ${printable(where)}` });
  else if (mustParse || isTemplate(text)) {
    const why = isTemplate(text) ? 'a template that is not rendered' : image;
    addProblem(found, place, text, `${where}: ${JSON.stringify(text.slice(0, LONGEST_SHOWN))} is ${why}`);
  }
}

function addMentioned(found: Found, { source }: Place, text: string, where: string): void {
  const image = parseImage(text);
  if (typeof image === 'string' || found.mentioned.has(text)) return;
  found.mentioned.add(text);
  found.images.push({ image, source: `${source.file}: ${printable(where)}`, mentioned: true });
}

function addProblem(found: Found, place: Place, text: string, message: string): void {
  if (found.problems.length < MOST_PROBLEMS) found.problems.push(withoutFrame(problemIn(place, text, message)));
}

const MOST_PROBLEMS = 1000;
const LONGEST_SHOWN = 200;

/** A problem in the first line of the document in which the text stands; in that in which the document begins where it cannot be found. */
function problemIn({ source, start }: Place, text: string, message: string): Problem {
  const at = text === '' ? -1 : source.text.indexOf(text, start);
  return problemAt(source, { start: at < 0 ? start : at, end: (at < 0 ? start : at) + Math.max(1, text.length) }, message);
}

/** What kustomize, Helm, Flux and its operator, and shells replace: none of it is in a reference. */
function isTemplate(text: string): boolean {
  return /\{\{|\$[{(A-Za-z_]|<<|<%|\[\[/.test(text);
}

function nameOf(kind: string, { namespace, name, generateName }: Fields): string {
  const own = name ?? generateName;
  return `${typeof namespace === 'string' ? `${namespace}/` : ''}${kind} ${typeof own === 'string' ? own : '(no name)'}`;
}
