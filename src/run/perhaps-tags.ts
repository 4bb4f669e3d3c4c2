import { printable } from '../diagnostics/redact.ts';
import { ToolError } from '../diagnostics/tool-error.ts';

/** The error about words that name no registry, behind `--tags`: such a word is probably one more tag. */
export function perhapsTags(error: unknown, words: readonly string[]): unknown {
  if (!(error instanceof ToolError) || error.code !== 'USAGE') return error;
  const tags = words.filter((word) => !word.includes('/'));
  if (tags.length === 0) return error;
  const repeated = tags.map((tag) => `--tags '${printable(tag)}'`).join(' ');
  return new ToolError('USAGE', error.message, {
    hint: `${error.hint} If it is a tag: --tags takes one each time, so write ${repeated}.`,
    cause: error,
  });
}
