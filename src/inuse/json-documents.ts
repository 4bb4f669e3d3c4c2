import { positionOf, type Source } from '../diagnostics/source.ts';
import { type Problem, problemAt } from '../diagnostics/source-error.ts';

/** One of the values of a text. */
export interface JsonPart {
  readonly data: unknown;
  /** Offset of its first character. */
  readonly start: number;
}

/** As for YAML: nobody nests deeper, and what reads the data recurses. */
const DEEPEST = 64;

/**
 * Reads JSON objects that follow each other, as one program prints them or several into one file. Apart from what is not JSON, a key that
 * stands twice in an object is a problem: of the two, only one would be read, and the other may name the image that must not go.
 */
export function parseJsonDocuments(source: Source): { readonly documents: readonly JsonPart[]; readonly problems: readonly Problem[] } {
  const { text } = source;
  const documents: JsonPart[] = [];
  const problems: Problem[] = [];
  const wrong = (at: number, message: string): void => void problems.push(problemAt(source, { start: at, end: at + 1 }, message));
  /** The keys so far of each object that is open; undefined of a list. */
  const open: (Set<string> | undefined)[] = [];
  let start = 0;
  let isKey = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (open.length === 0 && character !== '{') {
      if (/\s/.test(character)) continue;
      wrong(at, 'not valid JSON: expected an object here');
      return { documents, problems };
    }
    if (character === '"') {
      const end = endOfString(text, at);
      if (end === undefined) break;
      const keys = open.at(-1);
      if (isKey && keys) {
        const key = keyOf(text.slice(at, end + 1));
        if (keys.has(key)) wrong(at, `"${key}" stands twice in one object`);
        keys.add(key);
      }
      isKey = false;
      at = end;
    } else if (character === '{' || character === '[') {
      if (open.length === 0) start = at;
      open.push(character === '{' ? new Set() : undefined);
      isKey = character === '{';
      if (open.length > DEEPEST) {
        wrong(at, `nested more than ${DEEPEST} levels deep`);
        return { documents, problems };
      }
    } else if (character === ',') isKey = true;
    else if (character === '}' || character === ']') {
      open.pop();
      if (open.length > 0) continue;
      try {
        documents.push({ data: JSON.parse(text.slice(start, at + 1)), start });
      } catch (error) {
        // The message itself quotes the text, in which secrets may stand.
        wrong(start + Number(/ position (\d+)/.exec((error as Error).message)?.[1] ?? 0), 'not valid JSON');
      }
    }
  }
  if (open.length > 0)
    wrong(
      Math.max(0, text.trimEnd().length - 1),
      `the text ends within the object that begins in line ${positionOf(source, start).line}: it is not whole`,
    );
  return { documents, problems };
}

/** Offset of the quote that closes the string which begins at `at`. */
function endOfString(text: string, at: number): number | undefined {
  for (let end = text.indexOf('"', at + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return undefined;
}

function keyOf(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    // The object around it will be no JSON either.
    return quoted;
  }
}
