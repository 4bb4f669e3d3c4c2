import type * as z from 'zod';
import { isProblems, readYaml, type YamlSource } from '../config/yaml-source.ts';
import type { Source } from '../diagnostics/source.ts';
import { type Problem, SourceError } from '../diagnostics/source-error.ts';

/**
 * Reads the settings of a registry by a schema. Throws `POLICY_INVALID` with the place of everything that the schema does not know: a
 * condition that is passed over could make a rule delete more than it does there.
 */
export function parseSettings<Schema extends z.ZodType>(source: Source, schema: Schema): YamlSource<z.output<Schema>> {
  const read = readYaml(source, schema);
  if (isProblems(read)) throw settingsError(read);
  return read;
}

/** The error for settings that cannot be imported. */
export function settingsError(problems: readonly Problem[]): SourceError {
  return new SourceError('POLICY_INVALID', problems, {
    hint: 'Nothing was imported: what is not understood could keep something. Correct it, or take it out and write that part by hand.',
  });
}
