import { loadPolicies } from '../config/policy-source.ts';
import { LONGEST_FILE } from '../config/yaml-source.ts';
import { EXIT } from '../diagnostics/exit-codes.ts';
import { makeSource, readSource } from '../diagnostics/source.ts';
import { type FormatName, importPolicies } from '../policy-import/policy-formats.ts';
import { policyText } from '../policy-import/policy-text.ts';
import { settled } from '../policy-import/settled.ts';
import { count } from '../report/text.ts';
import { writeAnswer } from './answer.ts';
import type { Context, GlobalOptions } from './context.ts';
import { say } from './io.ts';
import { standardInput } from './standard-input.ts';

export interface ImportOptions extends GlobalOptions {
  readonly from?: FormatName;
  readonly of?: string;
  readonly out?: string;
}

/**
 * `policy import`: writes a policy file that says what the settings of registries and tools say. Throws `POLICY_INVALID` with every place
 * that is not understood; then nothing is written.
 */
export async function importPolicy(files: readonly string[], options: ImportOptions, { io }: Context): Promise<number> {
  const { from, of, out, quiet } = options;
  const imported = [];
  for (const file of files) {
    const source =
      file === '-'
        ? await standardInput(io, 'settings')
        : await readSource(file, { what: 'settings', maxBytes: LONGEST_FILE, signal: io.signal });
    imported.push(...importPolicies(source, from, { of }));
  }
  const text = policyText(settled(imported), files.map((file) => (file === '-' ? 'standard input' : file)).join(', '));
  // What is written is what "policy check" takes.
  const policies = await loadPolicies([makeSource('the imported policy', text)]);
  await writeAnswer(io, text, out);
  const rules = policies.reduce((sum, { spec }) => sum + spec.rules.length, 0);
  const notes = text.match(/^ *# (?:NOT IMPORTED|LEFT OUT|ATTENTION):/gm)?.length ?? 0;
  if (!quiet)
    say(
      io,
      `${count(policies.length, 'policy', 'policies')} with ${count(rules, 'rule')}, and a comment above each` +
        (notes > 0
          ? `: ${count(notes, 'comment')} in capitals, NOT IMPORTED, LEFT OUT or ATTENTION, ${notes === 1 ? 'is' : 'are'} to be read first`
          : ''),
    );
  return EXIT.done;
}
