import type { Source } from '../diagnostics/source.ts';
import { problemAt } from '../diagnostics/source-error.ts';
import { type Found, readManifests } from './manifests.ts';
import { parseImage } from './parse-image.ts';

/**
 * Reads what is in use from a text, whose form its content tells:
 *
 * - JSON, if it begins with `{` (and not with `{{`, as templates do);
 * - YAML, if some line begins with `---`, with `%`, or with a key, that is a word, `:` and a space or the end of the line;
 * - else a list: a reference or a digest a line; blank lines and what stands after `#` say nothing.
 *
 * No image reference and no digest begins in such a way, so no list is taken for anything else.
 */
export function readText(source: Source): Found {
  if (/^\s*\{(?!\{)/.test(source.text)) return readManifests(source, 'json');
  return /^(?:---|%|["']?[\w.$/-]+["']?[ \t]*:(?:\s|$))/m.test(source.text) ? readManifests(source, 'yaml') : readList(source);
}

function readList(source: Source): Found {
  const found: Found = { images: [], problems: [] };
  source.lineStarts.forEach((start, index) => {
    const line = source.text.slice(start, source.lineStarts[index + 1]).replace(/(?:^|\s)#.*$/s, '');
    const text = line.trim();
    if (text === '') return;
    const image = parseImage(text);
    const at = start + line.indexOf(text);
    if (typeof image === 'string') found.problems.push(problemAt(source, { start: at, end: at + text.length }, image));
    else found.images.push({ image, source: `${source.file}:${index + 1}` });
  });
  return found;
}
