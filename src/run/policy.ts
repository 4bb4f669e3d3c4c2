import { createHash } from 'node:crypto';
import { jsonSchemaText, policyJsonSchema } from '../config/policy-json-schema.ts';
import { loadPolicies } from '../config/policy-source.ts';
import { EXIT } from '../diagnostics/exit-codes.ts';
import { SourceError } from '../diagnostics/source-error.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { TEST_SCHEMA, TestFile } from '../policy-test/test-file-schema.ts';
import { toJson } from '../report/json.ts';
import { checkAnnotations, checkCodeQuality, checkJunit, checkSarif, checkText, type PolicyCheck } from '../report/policy-check.ts';
import { count } from '../report/text.ts';
import { type Io, say } from './io.ts';
import type { CheckForm } from './check-forms.ts';
import type { Context, GlobalOptions } from './context.ts';
import { checkOutputFiles, type OutputOptions, outputsOf, writeOutputs } from './outputs.ts';
import { fromRoot } from './policy-places.ts';
import { standardInput, STDIN } from './standard-input.ts';

export interface CheckOptions extends GlobalOptions, OutputOptions<CheckForm> {}

/**
 * `policy check`: throws `POLICY_INVALID` with everything that is wrong, after it is written in every form that is asked for. As text, a
 * success is told on stderr, because the answer is the exit code alone.
 */
export async function checkPolicies(files: readonly string[], options: CheckOptions, context: Context): Promise<number> {
  const { io, version } = context;
  const outputs = outputsOf(options, 'text');
  await checkOutputFiles(outputs, io, options.out);
  const sources = await Promise.all(files.map(async (file) => (file === '-' ? await standardInput(io, 'policy') : file)));
  const [checked] = await Promise.allSettled([loadPolicies(sources, undefined, io.signal)]);
  const check: PolicyCheck = {
    kind: 'PolicyCheck',
    formatVersion: '1.0',
    files: files.map((file) => (file === '-' ? STDIN : fromRoot(file, io))),
    findings: checked.status === 'rejected' ? findingsIn(checked.reason, files, io) : [],
  };
  const answers = {
    text: () => checkText(check),
    json: () => toJson(check),
    github: () => checkAnnotations(check),
    gitlab: () => checkCodeQuality(check, (text) => createHash('sha256').update(text).digest('hex')),
    junit: () => checkJunit(check),
    sarif: () => checkSarif(check, version),
  };
  // On the screen, the error at the end has it all, with the lines themselves.
  await writeOutputs(io, outputs, ({ form, file }) => (form === 'text' && file === undefined ? '' : answers[form]()));
  if (checked.status === 'rejected') throw checked.reason;
  const rules = checked.value.reduce((sum, { spec }) => sum + spec.rules.length, 0);
  if (!options.quiet) say(io, `${count(checked.value.length, 'policy', 'policies')} with ${count(rules, 'rule')}: nothing wrong`);
  return EXIT.done;
}

/** `policy schema`: of policies or, with `tests`, of files of cases. */
export function printSchema({ tests }: { readonly tests?: boolean }, { io }: Context): number {
  io.stdout.write(tests ? jsonSchemaText(TestFile, TEST_SCHEMA) : policyJsonSchema());
  return EXIT.done;
}

/** What an error of reading policies says, at its places; one without a place is at the first line of the only file. */
function findingsIn(error: unknown, files: readonly string[], io: Io): PolicyCheck['findings'] {
  if (error instanceof SourceError)
    return error.problems.map(({ file, line, column, endColumn, message }) => ({
      file: fromRoot(file, io),
      line,
      column,
      endColumn,
      message,
    }));
  if (!(error instanceof ToolError)) throw error;
  return [{ file: fromRoot(files[0] ?? '', io), line: 1, column: 1, endColumn: 2, message: error.message }];
}
