import type { Document, YAMLError } from 'yaml';
import type { Source } from '../diagnostics/source.ts';
import { type Problem, problemAt } from '../diagnostics/source-error.ts';

/** What people meant, where the parser's own words do not tell. */
const WORDS: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'a text that starts with "*" must be quoted, such as "*"',
  TAG_RESOLVE_FAILED: 'a text that starts with "!" must be quoted, such as "!legacy/*"',
  TAB_AS_INDENT: 'tabs cannot indent in YAML: use spaces',
  BLOCK_AS_IMPLICIT_KEY: 'a second ": " on one line: put the value in quotes, or on lines of its own',
  MULTILINE_IMPLICIT_KEY: 'a key without ":" or a value over several lines: put it in quotes',
};

/** Everything that keeps a text from being one YAML document; of several problems on a line the first, for the others follow from it. */
export function syntaxProblems(source: Source, documents: readonly Document.Parsed[]): Problem[] {
  const [document, second] = documents;
  const problems: Problem[] = [];
  const lines = new Set<number>();
  for (const error of [...(document?.errors ?? []), ...(document?.warnings ?? [])].toSorted((a, b) => a.pos[0] - b.pos[0])) {
    const problem = problemAt(source, { start: error.pos[0], end: error.pos[1] }, wordsOf(error));
    if (!lines.has(problem.line)) problems.push(problem);
    lines.add(problem.line);
    if (problems.length === MOST) return problems;
  }
  if (second)
    problems.push(
      problemAt(source, { start: second.range[0], end: second.range[0] + 3 }, 'a second document: expected one document in a file'),
    );
  const version = document?.directives.yaml;
  if (version?.explicit && version.version !== '1.2')
    problems.push(problemAt(source, { start: 0, end: 1 }, `YAML ${version.version}: expected YAML 1.2`));
  return problems;
}

const MOST = 1000;

function wordsOf(error: YAMLError): string {
  const words = WORDS[error.code] ?? error.message.charAt(0).toLowerCase() + error.message.slice(1);
  return error.code in WORDS ? words : `not valid YAML: ${words}`;
}
