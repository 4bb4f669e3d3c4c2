import { readSource, type Source } from '../diagnostics/source.ts';
import { type Problem, SourceError } from '../diagnostics/source-error.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Digest } from '../domain/digest.ts';
import { PolicyFile, type PolicySpec, unreachablePolicy } from '../policy/schema.ts';
import { unreachablePolicies } from '../policy/unreachable.ts';
import { policyDigest } from './policy-digest.ts';
import type { Path } from './yaml-document.ts';
import { isProblems, LONGEST_FILE, readYaml } from './yaml-source.ts';

/** A policy as read from its file. */
export interface LoadedPolicy {
  readonly spec: PolicySpec;
  /** The file, as given. */
  readonly source: string;
  readonly digest: Digest;
  /** A problem found later, such as a capability that is missing, at a path within the policy: `['rules', 2, 'labels']`. */
  readonly problemAt: (path: Path, message: string) => Problem;
}

/** What is known of the run that policies are for. */
export interface PoliciesOfRun {
  /** The names of the lists in the config, which `live` and `gone` may name. */
  readonly lists: readonly string[];
  /** The lists are those of a case of `policy test`, which has their names in itself. */
  readonly ofCase?: boolean;
  /** Why nothing can be copied to what a rule says in "copyTo"; undefined where it can. Absent: that is not known. */
  readonly targetProblem?: (copyTo: string) => string | undefined;
}

/**
 * Reads policy files, in this order; one may be read already. Throws `POLICY_INVALID` with everything that is wrong in all of them
 * ({@link SourceError}), one that cannot be read among it, and `FILE` where that is all that is wrong. Names are unique over all files: a
 * plan names a policy by its name. For a `run` the files also must fit together and with the config; without it, they may be meant for
 * different runs.
 */
export async function loadPolicies(
  files: readonly (string | Source)[],
  run?: PoliciesOfRun,
  signal?: AbortSignal,
): Promise<LoadedPolicy[]> {
  const policies: LoadedPolicy[] = [];
  const problems: Problem[] = [];
  const missing: ToolError[] = [];
  const taken = new Map<string, string>();
  for (const given of files) {
    const source = await sourceOf(given, signal);
    if (source instanceof ToolError) {
      missing.push(source);
      problems.push({
        file: String(given),
        line: 1,
        column: 1,
        endColumn: 2,
        message: withoutName(source.message, String(given)),
        frame: '',
      });
      continue;
    }
    const { file } = source;
    const result = readYaml(source, PolicyFile);
    if (isProblems(result)) {
      problems.push(...result);
      continue;
    }
    const { data, problemAt, positionOf } = result;
    data.policies.forEach((spec, index) => {
      const at = (path: Path): Path => ['policies', index, ...path];
      const { line, column } = positionOf(at(['name']));
      const place = taken.get(spec.name);
      if (place !== undefined) problems.push(problemAt(at(['name']), `the name "${spec.name}" is taken by a policy at ${place}`));
      taken.set(spec.name, place ?? `${file}:${line}:${column}`);
      policies.push({ spec, source: file, digest: policyDigest(spec), problemAt: (path, message) => problemAt(at(path), message) });
    });
  }
  if (run)
    problems.push(
      ...unreachableOverFiles(policies),
      ...policies.flatMap((policy) => [...unknownLists(policy, run), ...unknownTargets(policy, run)]),
    );
  const [first] = missing;
  if (first && problems.length === 1) throw first;
  if (problems.length > 0) throw policyError(problems);
  return policies;
}

/** The text of a file, or why it cannot be read. */
async function sourceOf(given: string | Source, signal: AbortSignal | undefined): Promise<Source | ToolError> {
  if (typeof given !== 'string') return given;
  try {
    return await readSource(given, { what: 'policy', maxBytes: LONGEST_FILE, signal });
  } catch (error) {
    if (error instanceof ToolError) return error;
    throw error;
  }
}

/** The message of an error about a file, which stands behind the name of the file anyway. */
function withoutName(message: string, file: string): string {
  return message.startsWith(`${file}: `) ? message.slice(file.length + 2) : message;
}

/** The policies that one of an earlier file leaves nothing to; what one of its own file leaves nothing to, the schema tells. */
function unreachableOverFiles(policies: readonly LoadedPolicy[]): Problem[] {
  return unreachablePolicies(policies.map(({ spec }) => spec)).flatMap(({ index, by }) => {
    const { source, problemAt } = policies[index] as LoadedPolicy;
    const above = policies.find(({ spec }) => spec.name === by);
    return above && above.source !== source ? [problemAt(['name'], unreachablePolicy(`"${by}" in ${above.source}`))] : [];
  });
}

function unknownLists({ spec, problemAt }: LoadedPolicy, { lists, ofCase = false }: PoliciesOfRun): Problem[] {
  const where = ofCase ? 'in the case' : 'in the config';
  const toDo = ofCase ? 'give the names there that it has' : 'name there where it comes from, a git, a file or a command';
  const known = lists.length > 0 ? `, which has ${lists.join(', ')}` : `: ${toDo}`;
  return spec.rules.flatMap(({ live = {}, gone = {} }, index) =>
    Object.entries({ live, gone }).flatMap(([key, lookUp]) =>
      Object.entries(lookUp)
        .filter(([, list]) => !lists.includes(list))
        .map(([capture, list]) => problemAt(['rules', index, key, capture], `there is no list "${list}" under "lists" ${where}${known}`)),
    ),
  );
}

function unknownTargets({ spec, problemAt }: LoadedPolicy, { targetProblem }: PoliciesOfRun): Problem[] {
  return spec.rules.flatMap(({ action }, index) => {
    const problem = typeof action === 'object' ? targetProblem?.(action.copyTo) : undefined;
    return problem === undefined ? [] : [problemAt(['rules', index, 'action', 'copyTo'], problem)];
  });
}

/** The error for problems in policy files. */
export function policyError(problems: readonly Problem[]): SourceError {
  return new SourceError('POLICY_INVALID', problems, { hint: 'Correct the policy; nothing was planned and nothing was deleted.' });
}
