import { stat } from 'node:fs/promises';
import { loadPolicies } from '../config/policy-source.ts';
import { printable } from '../diagnostics/redact.ts';
import { unreadable } from '../diagnostics/source.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Plan, PlanPolicy } from '../plan/plan.ts';
import { type Io, say } from './io.ts';
import { COMMAND_LINE } from './deciding-policies.ts';

export interface ChangedPolicyOptions {
  readonly allowChangedPolicy?: boolean;
}

/**
 * Reads the policy files of a saved plan again, by the paths that stand in the plan, and compares. Throws `NOT_APPLYABLE` with everything
 * that differs or cannot be read; under `allowChangedPolicy` it is a warning instead. A policy that was made of flags has no file: it is
 * what the plan says.
 */
export async function checkPoliciesUnchanged({ policies }: Plan, { allowChangedPolicy }: ChangedPolicyOptions, io: Io): Promise<void> {
  const sources = new Set(policies.map(({ source }) => source).filter((source) => source !== COMMAND_LINE));
  const problems: string[] = [];
  for (const source of sources)
    problems.push(
      ...(await problemsIn(
        source,
        policies.filter((policy) => policy.source === source),
      )),
    );
  if (problems.length === 0) return;
  if (allowChangedPolicy) {
    for (const problem of problems) say(io, `warning: ${problem}`);
    return;
  }
  throw new ToolError('NOT_APPLYABLE', problems.join('\n'), {
    hint:
      'nothing was changed. Make a new plan. To carry this one out as it is, for example on a machine without the policy files, ' +
      'say --allow-changed-policy',
  });
}

/** How the policies of one file differ from those that the plan was made with, one sentence for each difference. */
async function problemsIn(source: string, planned: readonly PlanPolicy[]): Promise<string[]> {
  const file = printable(source);
  let current: readonly PlanPolicy[];
  try {
    current = await readAgain(source);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    const why = error.code === 'POLICY_INVALID' ? `the file is not valid any more: ${error.message}` : error.message;
    return planned.map(
      ({ name }) => `cannot tell whether the policy ${quoted(name)} of ${file} is still the one that the plan was made by: ${why}`,
    );
  }
  const problems = planned.flatMap(({ name, digest }) => {
    const found = current.find((policy) => policy.name === name);
    if (found?.digest === digest) return [];
    return [
      found
        ? `the policy ${quoted(name)} in ${file} has changed since the plan was made`
        : `the policy ${quoted(name)} is not in ${file} any more`,
    ];
  });
  const added = current.filter(({ name }) => planned.every((policy) => policy.name !== name));
  problems.push(...added.map(({ name }) => `the policy ${quoted(name)} was added to ${file} after the plan was made`));
  // The first policy that matches a repository governs it.
  if (problems.length === 0 && current.some(({ name }, index) => name !== planned[index]?.name))
    problems.push(`the policies in ${file} stand in another order than when the plan was made`);
  return problems;
}

async function readAgain(source: string): Promise<readonly PlanPolicy[]> {
  const found = await stat(source).catch((error: unknown) => {
    throw unreadable(source, 'policy', error);
  });
  // The program would wait for a pipe, and a pipe does not give its text twice.
  if (!found.isFile())
    throw new ToolError('FILE', `${source} is not a regular file, so it cannot be read again.`, { hint: 'Give the policy as a file.' });
  return (await loadPolicies([source])).map(({ spec, digest }) => ({ name: spec.name, source, digest }));
}

function quoted(name: string): string {
  return `"${printable(name)}"`;
}
