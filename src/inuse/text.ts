import { makeSource, type Source } from '../diagnostics/source.ts';
import { problemAt } from '../diagnostics/source-error.ts';
import type { Found } from './found.ts';
import { readManifests } from './manifests.ts';
import { NOTHING } from './nothing.ts';
import { parseImage } from './parse-image.ts';

/**
 * What only YAML has: a line that begins a document, a key with its value, or a key with lines below it that are indented or items of a
 * list.
 */
const YAML = /^(?:---|%|["']?[\w.$/-]+["']?[ \t]*:(?:[ \t]+[^\s#]|[ \t]*(?:#.*)?\r?\n(?:[ \t]*\r?\n)*(?:[ \t]+\S|-[ \t])))/m;

/**
 * Adds what a text says is in use. Its content tells its form:
 *
 * - JSON, if it begins with `{` (and not with `{{`, as templates do);
 * - YAML, if some line begins with `---`, with `%`, or with a key, that is a word, `:`, and a space and a value or lines that belong to it;
 * - else a list: a reference or a digest a line; blank lines and what stands after `#` say nothing.
 *
 * No image reference and no digest begins in such a way, so no list is taken for anything else, also where a tag was forgotten after its
 * `:`. Byte-order marks are read over, also where files were put together.
 */
export function readText(given: Source, found: Found): void {
  const source = given.text.includes('\uFEFF') ? makeSource(given.file, given.text.replaceAll('\uFEFF', '')) : given;
  if (/^\s*\{(?!\{)/.test(source.text)) readManifests(source, 'json', found);
  else if (YAML.test(source.text)) readManifests(source, 'yaml', found);
  else readList(source, found);
}

function readList(source: Source, found: Found): void {
  source.lineStarts.forEach((start, index) => {
    const line = source.text.slice(start, source.lineStarts[index + 1]).replace(/(?:^|\s)#.*$/s, '');
    const text = line.trim();
    if (text === '') return;
    const image = whyNoImage(text) ?? parseImage(text);
    const at = start + line.indexOf(text);
    if (typeof image === 'string') found.problems.push(problemAt(source, { start: at, end: at + text.length }, image));
    else found.images.push({ image, source: `${source.file}:${index + 1}` });
  });
}

/**
 * Why a line names no image although it reads like one: programs have printed what is there where they had nothing to say, or an identifier
 * cut short, as `docker ps` does once the tag was moved. Taken for the name of a repository, it would protect nothing.
 */
function whyNoImage(text: string): string | undefined {
  if (/^[0-9a-f]{12,63}$/.test(text))
    return 'an identifier that is cut short, as "docker ps" prints it: give the reference or the whole digest';
  const nothing = text.split(/[/:@]/).find((part) => NOTHING.includes(part));
  if (nothing === undefined) return undefined;
  return `"${nothing}" where programs print it for what is not there: where a tag is really called so, give the digest of its image`;
}
