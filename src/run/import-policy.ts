import { basename, dirname, relative, resolve } from 'node:path';
import { loadPolicies } from '../config/policy-source.ts';
import { LONGEST_FILE } from '../config/yaml-source.ts';
import { EXIT } from '../diagnostics/exit-codes.ts';
import { makeSource, readSource } from '../diagnostics/source.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { casesText } from '../policy-import/cases-text.ts';
import { type FormatName, importPolicies } from '../policy-import/policy-formats.ts';
import { policyText } from '../policy-import/policy-text.ts';
import { settled } from '../policy-import/settled.ts';
import { TEST_FILE } from '../policy-test/read-test-file.ts';
import { count } from '../report/text.ts';
import { writeAnswer } from './answer.ts';
import type { Context, GlobalOptions } from './context.ts';
import { decidedCases } from './decided-cases.ts';
import { say } from './io.ts';
import { standardInput } from './standard-input.ts';
import { checkWritable, writeWhole } from './write-file.ts';

export interface ImportOptions extends GlobalOptions {
  readonly from?: FormatName;
  readonly of?: string;
  readonly out?: string;
  readonly tests?: string;
}

/**
 * `policy import`: writes a policy file that says what the settings of registries and tools say and, with `--tests`, cases for it. Throws
 * `POLICY_INVALID` with every place that is not understood, and `FILE_WRITE` where the cases cannot be written; then nothing is written.
 */
export async function importPolicy(files: readonly string[], options: ImportOptions, { io }: Context): Promise<number> {
  const { from, of, out, tests, quiet } = options;
  if (tests !== undefined && !TEST_FILE.test(tests))
    throw new ToolError('USAGE', `--tests ${tests}: the name of a file of cases ends in .test.yaml.`, {
      hint: '"policy test" finds files of cases by that name; policy.test.yaml is for the policy.yaml beside it.',
    });
  if (tests !== undefined) await checkWritable(resolve(io.cwd, tests), '--tests');
  const imported = [];
  for (const file of files) {
    const source =
      file === '-'
        ? await standardInput(io, 'settings')
        : await readSource(file, { what: 'settings', maxBytes: LONGEST_FILE, signal: io.signal });
    imported.push(...importPolicies(source, from, { of }));
  }
  const ready = settled(imported);
  const text = policyText(ready, files.map((file) => (file === '-' ? 'standard input' : file)).join(', '));
  // What is written is what "policy check" takes.
  const policies = await loadPolicies([makeSource('the imported policy', text)]);
  const cases = tests === undefined ? [] : decidedCases(ready, policies);
  await writeAnswer(io, text, out);
  if (tests !== undefined && cases.length > 0) await writeWhole(resolve(io.cwd, tests), casesText(cases, policyOf(tests, out)));
  const rules = policies.reduce((sum, { spec }) => sum + spec.rules.length, 0);
  const notes = text.match(/^ *# (?:NOT IMPORTED|LEFT OUT|ATTENTION):/gm)?.length ?? 0;
  if (quiet) return EXIT.done;
  if (tests !== undefined)
    say(
      io,
      cases.length > 0
        ? `${count(cases.length, 'case')} for "policy test": ${tests}`
        : `no case is written, and no ${tests}: no repository or no tag is found that a rule is for`,
    );
  say(
    io,
    `${count(policies.length, 'policy', 'policies')} with ${count(rules, 'rule')}, and a comment above each` +
      (notes > 0
        ? `: ${count(notes, 'comment')} in capitals, NOT IMPORTED, LEFT OUT or ATTENTION, ${notes === 1 ? 'is' : 'are'} to be read first`
        : ''),
  );
  return EXIT.done;
}

/** The policy file as a file of cases names it, from itself; undefined where it is the one beside. */
function policyOf(tests: string, out: string | undefined): string | undefined {
  if (out === undefined || out === '-') return undefined;
  const path = relative(dirname(tests), out);
  return path === basename(tests).replace(TEST_FILE, '.yaml') ? undefined : path.replaceAll('\\', '/');
}
