import { policyJsonSchema } from '../config/policy-json-schema.ts';
import { loadPolicies } from '../config/policy-source.ts';
import { EXIT } from '../diagnostics/exit-codes.ts';
import { count } from '../report/text.ts';
import { say } from './io.ts';
import type { Context, GlobalOptions } from './context.ts';

/**
 * `policy check`: throws `POLICY_INVALID` with everything that is wrong. A success is told on stderr, because the answer is the exit code
 * alone.
 */
export async function checkPolicies(files: readonly string[], { quiet }: GlobalOptions, { io }: Context): Promise<number> {
  const policies = await loadPolicies(files, undefined, io.signal);
  const rules = policies.reduce((sum, { spec }) => sum + spec.rules.length, 0);
  if (!quiet) say(io, `${count(policies.length, 'policy', 'policies')} with ${count(rules, 'rule')}: nothing wrong`);
  return EXIT.done;
}

/** `policy schema` */
export function printSchema({ io }: Context): number {
  io.stdout.write(policyJsonSchema());
  return EXIT.done;
}
