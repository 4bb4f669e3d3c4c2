import { stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { type LoadedPolicy, loadPolicies } from '../config/policy-source.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Plan } from '../plan/plan.ts';
import type { PolicyPlaces } from '../report/github.ts';
import { COMMAND_LINE } from './deciding-policies.ts';
import type { Io } from './io.ts';

/**
 * Where the policies of a plan and their rules stand in files, by paths from the root of the checkout, as code hosts show them. A file that
 * is not here, or not valid any more, has no places.
 */
export async function policyPlaces({ policies }: Plan, io: Io): Promise<PolicyPlaces> {
  const sources = new Set(policies.map(({ source }) => source).filter((source) => source !== COMMAND_LINE));
  const loaded = new Map<string, LoadedPolicy>();
  for (const source of sources) for (const policy of await policiesIn(source)) loaded.set(policy.spec.name, policy);
  return (name, rule) => {
    const policy = loaded.get(name);
    if (!policy) return undefined;
    const index = rule === undefined ? -1 : policy.spec.rules.findIndex((one) => one.name === rule);
    const { file, line } = policy.problemAt(index < 0 ? ['name'] : ['rules', index, 'name'], '');
    return { file: fromRoot(file, io), line };
  };
}

/** A path as code hosts show it: from the root of the checkout, where the file is below it. */
export function fromRoot(file: string, { cwd, env }: Io): string {
  const path = relative(env['GITHUB_WORKSPACE'] ?? env['CI_PROJECT_DIR'] ?? cwd, resolve(cwd, file));
  return path.startsWith('..') || isAbsolute(path) ? file : path.replaceAll('\\', '/');
}

async function policiesIn(source: string): Promise<readonly LoadedPolicy[]> {
  try {
    // A pipe does not give its text twice.
    return (await stat(source)).isFile() ? await loadPolicies([source]) : [];
  } catch (error) {
    if (error instanceof ToolError || (error as NodeJS.ErrnoException).code !== undefined) return [];
    throw error;
  }
}
