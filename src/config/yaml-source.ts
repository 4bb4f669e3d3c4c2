import type * as z from 'zod';
import { positionOf, type Source } from '../diagnostics/source.ts';
import { type Problem, problemAt } from '../diagnostics/source-error.ts';
import { plainWords } from './plain-words.ts';
import { findingsOf } from './schema-findings.ts';
import { parseYaml, type Path } from './yaml-document.ts';

/** The largest size of a file that a person writes, in bytes. */
export const LONGEST_FILE = 4 * 2 ** 20;

/** A file that its schema has accepted, with the place of each part for problems that are found later. */
export interface YamlSource<Data> {
  readonly data: Data;
  /** Line and column, both from 1, of the value at a path; of one that is not there, of what it would be in. */
  readonly positionOf: (path: Path) => { readonly line: number; readonly column: number };
  readonly problemAt: (path: Path, message: string) => Problem;
}

export interface YamlSourceOptions {
  /** The part of the document that is meant; default all of it. */
  readonly root?: Path;
  /** Better words for an unknown key than its nearest neighbour. */
  readonly unknownKey?: (path: Path, key: string) => string | undefined;
}

/** Reads a YAML or JSON text by a schema: the data, or everything that is wrong with it at once. */
export function readYaml<Schema extends z.ZodType>(
  source: Source,
  schema: Schema,
  options: YamlSourceOptions = {},
): YamlSource<z.output<Schema>> | readonly Problem[] {
  const document = parseYaml(source, options.root);
  if (document.data === undefined) return document.problems;
  const parsed = schema.safeParse(document.data, { error: plainWords });
  if (parsed.success && document.problems.length === 0) {
    return {
      data: parsed.data,
      positionOf: (path) => positionOf(source, document.locate(path).start),
      problemAt: (path, message) => problemAt(source, document.locate(path), message),
    };
  }
  const findings = parsed.success ? [] : findingsOf(parsed.error.issues, { schema, data: document.data, unknownKey: options.unknownKey });
  // What is wrong as YAML comes first: of the same place the schema only says that it cannot make sense of it.
  const taken = new Set(document.problems.map(placeOf));
  const found = findings.flatMap(({ path, part, message, missing }) => {
    const problem = problemAt(source, document.locate(path, part), message);
    return missing === undefined && taken.has(placeOf(problem)) ? [] : [problem];
  });
  return [...document.problems, ...found];
}

/** True of the answer that lists what is wrong. */
export function isProblems<Data>(result: YamlSource<Data> | readonly Problem[]): result is readonly Problem[] {
  return Array.isArray(result);
}

function placeOf({ line, column }: Problem): string {
  return `${line}:${column}`;
}
