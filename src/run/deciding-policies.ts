import { policyDigest } from '../config/policy-digest.ts';
import { type LoadedPolicy, loadPolicies, policyError } from '../config/policy-source.ts';
import type { Settings } from '../config/settings.ts';
import type { Source } from '../diagnostics/source.ts';
import type { Problem } from '../diagnostics/source-error.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { RepositoryInventory } from '../domain/inventory.ts';
import { missingCapabilities } from '../policy/capabilities.ts';
import { copyRepository, type CopyTarget } from '../policy/copy-target.ts';
import { governingPolicy } from '../policy/governing.ts';
import { compilePolicy, type Policy } from '../policy/policy.ts';
import { PolicyFile, type PolicySpec } from '../policy/schema.ts';

/** What decides: policy files, or one rule in flags. */
export interface PolicyOptions {
  readonly policy?: readonly string[];
  readonly tags?: readonly string[];
  readonly keepLast?: number;
  readonly keepDays?: number;
}

/** The name that stands in place of a file for a policy made of flags. */
export const COMMAND_LINE = 'command line';

/** The policies of a run, and which of their demands a registry cannot answer. */
export interface DecidingPolicies {
  readonly policies: readonly Policy[];
  readonly specs: readonly PolicySpec[];
  /**
   * False if the policy that governs the repository asks for something that its registry does not tell; {@link throwUnanswered} then says
   * so.
   */
  readonly canBeAnswered: (repository: RepositoryInventory) => boolean;
  /** Throws `POLICY_INVALID` with everything that no registry could answer, each at its line. */
  readonly throwUnanswered: () => void;
}

/** True if flags make the policy. */
export function isAdHoc({ tags, keepLast, keepDays }: PolicyOptions): boolean {
  return tags !== undefined || keepLast !== undefined || keepDays !== undefined;
}

/**
 * The policy of the flags, or those of the files. Throws `USAGE` if there is no policy, because nothing is ever deleted by default;
 * `POLICY_INVALID`; `FILE`.
 */
export async function decidingPolicies(
  options: PolicyOptions,
  settings: Settings,
  signal: AbortSignal,
  copies: CopyPlaces,
): Promise<DecidingPolicies> {
  if (isAdHoc(options)) {
    if (options.policy !== undefined) {
      throw new ToolError('USAGE', '--policy cannot stand beside --tags, --keep-last and --keep-days, which make a policy of their own.', {
        hint: 'Write the rule into the file, or leave the file out.',
      });
    }
    const spec = policyOfFlags(options);
    return decideBy([{ policy: compilePolicy(spec, { source: COMMAND_LINE, digest: policyDigest(spec) }), spec }], copies);
  }
  if (settings.policies.length === 0) {
    throw new ToolError('USAGE', 'There is no policy, so nothing says what to keep.', {
      hint:
        'Give a policy file with --policy, name one in the config, or say it in flags, such as --tags "v*" --keep-last 10. ' +
        'The folder "policies" of the package has files to start from.',
    });
  }
  return policiesIn(settings.policies, settings, signal, copies);
}

/** The policies of these files, some of which may be read already. Throws `POLICY_INVALID` and `FILE`. */
export async function policiesIn(
  files: readonly (string | Source)[],
  { lists }: Pick<Settings, 'lists'>,
  signal: AbortSignal,
  copies: CopyPlaces,
): Promise<DecidingPolicies> {
  const targetProblem = (copyTo: string): string | undefined => {
    try {
      copies.targetOf(copyTo);
      return undefined;
    } catch (error) {
      if (error instanceof ToolError) return `${error.message} ${error.hint}`;
      throw error;
    }
  };
  const loaded = await loadPolicies(files, { lists: Object.keys(lists), targetProblem }, signal);
  return decideBy(
    loaded.map((one) => ({ policy: compilePolicy(one.spec, { source: one.source, digest: one.digest }), spec: one.spec, loaded: one })),
    copies,
  );
}

function policyOfFlags({ tags, keepLast, keepDays }: PolicyOptions): PolicySpec {
  if (keepLast === undefined && keepDays === undefined) {
    throw new ToolError('USAGE', '--tags says which tags to decide about, but nothing says which of them to keep.', {
      hint: 'Add --keep-last or --keep-days, or both.',
    });
  }
  const keep = { ...(keepLast !== undefined && { last: keepLast }), ...(keepDays !== undefined && { days: keepDays }) };
  const spec = { name: COMMAND_LINE, rules: [{ name: COMMAND_LINE, tags: [...(tags ?? ['**'])], keep }] };
  const result = PolicyFile.safeParse({ version: 1, policies: [spec] });
  if (result.success) return spec;
  throw new ToolError(
    'USAGE',
    result.error.issues.map(({ path, message }) => `--${path.includes('tags') ? 'tags' : path.join('.')}: ${message}`).join('\n'),
    { hint: 'Correct the flags.' },
  );
}

/** What is known of where rules copy to. */
export interface CopyPlaces {
  /** Throws `USAGE` for words that name no registry. */
  readonly targetOf: (copyTo: string) => CopyTarget;
  /** Whether this run is about that registry too. */
  readonly isRead: (registry: string) => boolean;
}

/**
 * The rules that would copy to where this run deletes: what was copied there might go in the same run, and be copied again by the next.
 */
function loopsOf(
  policy: Policy,
  registry: string,
  repository: string,
  policies: readonly Policy[],
  places: CopyPlaces,
): { readonly index: number; readonly message: string }[] {
  return policy.copying.flatMap(({ index, copyTo }) => {
    const target = places.targetOf(copyTo);
    const to = copyRepository(target, repository);
    const over =
      target.registry === registry || places.isRead(target.registry) ? governingPolicy(policies, target.registry, to) : undefined;
    if (!over) return [];
    const message =
      `what is copied there is governed by the policy "${over.name}" in the same run, as ${target.registry}/${to} would be: ` +
      wayOut(target, registry, repository);
    return [{ index, message }];
  });
}

/** How what is copied is left alone, and what is copied from there is not. */
function wayOut(target: CopyTarget, registry: string, repository: string): string {
  if (`${repository}/`.startsWith(`${target.prefix}/`)) return 'copy to another prefix';
  if (target.prefix !== '') return `add "!${target.prefix}/**" to its repositories`;
  return target.registry === registry ? 'copy to another registry or prefix' : `take the registry ${target.registry} out of its registries`;
}

interface Deciding {
  readonly policy: Policy;
  readonly spec: PolicySpec;
  readonly loaded?: LoadedPolicy;
}

function decideBy(all: readonly Deciding[], copies: CopyPlaces): DecidingPolicies {
  const policies = all.map(({ policy }) => policy);
  const problems: Problem[] = [];
  const flags = new Set<string>();
  const loops = new Set<string>();
  return {
    policies,
    specs: all.map(({ spec }) => spec),
    canBeAnswered: ({ registry, repository, capabilities }) => {
      const policy = governingPolicy(policies, registry, repository);
      const governing = all.find((one) => one.policy === policy);
      const missing = governing ? missingCapabilities(governing.spec, capabilities) : [];
      for (const { path, message } of missing) {
        if (governing?.loaded) problems.push(governing.loaded.problemAt(path, `${registry}: ${message}`));
        else flags.add(`${registry}: ${message}`);
      }
      const looping = governing ? loopsOf(governing.policy, registry, repository, policies, copies) : [];
      for (const { index, message } of looping) {
        const problem = governing?.loaded?.problemAt(['rules', index, 'action', 'copyTo'], message);
        if (problem && !loops.has(`${governing?.policy.name} ${index} ${message}`)) problems.push(problem);
        loops.add(`${governing?.policy.name} ${index} ${message}`);
      }
      return missing.length === 0 && looping.length === 0;
    },
    throwUnanswered: () => {
      if (problems.length > 0) throw policyError(problems);
      if (flags.size > 0)
        throw new ToolError('POLICY_INVALID', [...flags].join('\n'), { hint: 'Leave --keep-days out there; nothing was planned.' });
    },
  };
}
