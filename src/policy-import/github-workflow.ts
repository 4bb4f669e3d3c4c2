import * as z from 'zod';
import { plainWords } from '../config/plain-words.ts';
import { isObject } from '../domain/json.ts';
import type { Source } from '../diagnostics/source.ts';
import type { RuleSpec } from '../policy/schema.ts';
import { areGlobsWithin } from '../policy/unreachable.ts';
import { importContainerRetention } from './container-retention.ts';
import { importGhcrCleanup } from './ghcr-cleanup.ts';
import type { Commented, ImportedPolicy, ImportGround } from './imported-policy.ts';
import { narrowFirst } from './narrow-first.ts';
import type { Original } from './original/original.ts';
import { importPackageVersions } from './package-versions.ts';
import { parseSettings, settingsError } from './parse-settings.ts';
import { RetentionInputs } from './settings/container-retention.ts';
import { CleanupInputs } from './settings/ghcr-cleanup.ts';
import { VersionsInputs } from './settings/package-versions.ts';

/** The actions that delete versions of container packages, at a version or a commit. */
const ACTIONS: readonly {
  readonly uses: RegExp;
  readonly read: (inputs: unknown) => z.ZodSafeParseResult<(uses: string, of: string | undefined) => ImportedPolicy>;
}[] = [
  action(/^snok\/container-retention-policy@(?:v3|[0-9a-f]{40}$)/, RetentionInputs, importContainerRetention),
  action(/^actions\/delete-package-versions@(?:v[45]|[0-9a-f]{40}$)/, VersionsInputs, importPackageVersions),
  action(/^dataaxiom\/ghcr-cleanup-action@/, CleanupInputs, importGhcrCleanup),
];

function action<Schema extends z.ZodType>(
  uses: RegExp,
  schema: Schema,
  importStep: (uses: string, inputs: z.output<Schema>, of: string | undefined) => ImportedPolicy,
): (typeof ACTIONS)[number] {
  const policyFor = schema.transform((inputs) => (name: string, of: string | undefined) => importStep(name, inputs, of));
  return { uses, read: (inputs) => policyFor.safeParse(inputs ?? {}, { error: plainWords }) };
}

/** Packages that have versions and are not images. */
const OTHER_TYPES: ReadonlySet<string> = new Set(['npm', 'maven', 'rubygems', 'nuget']);

const steps = z.array(z.looseObject({ uses: z.string().optional(), with: z.unknown().optional() })).default([]);
/** A workflow, or a composite action. */
const Workflow = z.object({
  jobs: z.record(z.string(), z.looseObject({ steps })).optional(),
  runs: z.looseObject({ steps }).optional(),
});

export function isGithubWorkflow(data: unknown): boolean {
  return isObject(data) && (isObject(data['jobs']) || (isObject(data['runs']) && Array.isArray(data['runs']['steps'])));
}

/** The steps of a GitHub workflow, or of a composite action, that delete versions of container packages. */
export function importGithubWorkflow(source: Source, _data: unknown, { of }: ImportGround): ImportedPolicy[] {
  const { data, problemAt } = parseSettings(source, Workflow);
  const lists = [
    ...Object.entries(data.jobs ?? {}).map(([job, { steps: list }]) => ({ path: ['jobs', job, 'steps'], list })),
    { path: ['runs', 'steps'], list: data.runs?.steps ?? [] },
  ];
  const all = lists.flatMap(({ path, list }) => list.map((step, index) => ({ ...step, path: [...path, index] })));
  const left: string[] = [];
  const policies = all.flatMap(({ path, uses = '', with: inputs }): ImportedPolicy[] => {
    const known = ACTIONS.find((one) => one.uses.test(uses));
    if (!known) return [];
    const type = isObject(inputs) ? inputs['package-type'] : undefined;
    if (typeof type === 'string' && OTHER_TYPES.has(type)) {
      left.push(`LEFT OUT: a step that uses ${uses}, for packages of the type ${type}.`);
      return [];
    }
    const read = known.read(inputs);
    if (read.success) return [read.data(uses, of)];
    throw settingsError(
      read.error.issues.map((issue) => problemAt([...path, 'with', ...(issue.path as string[])], issueWords(issue, inputs))),
    );
  });
  if (policies.length === 0)
    throw settingsError([
      problemAt(
        [data.jobs ? 'jobs' : 'runs'],
        left.length > 0
          ? left.join(' ')
          : 'no step uses snok/container-retention-policy@v3, actions/delete-package-versions@v4 or @v5, or dataaxiom/ghcr-cleanup-action',
      ),
    ]);
  const [first, ...others] = together(policies) as [ImportedPolicy, ...ImportedPolicy[]];
  return [{ ...first, comments: [...first.comments, ...left] }, ...others];
}

/** Steps for the same packages as one policy, in their order: of several policies for one repository the first would decide alone. */
function together(policies: readonly ImportedPolicy[]): ImportedPolicy[] {
  const keys = policies.map(({ repositories }) => JSON.stringify(repositories));
  const joinedUp = policies.flatMap((policy, index) => {
    if (keys.indexOf(keys[index] as string) < index) return [];
    const [, ...others] = policies.filter((_one, at) => keys[at] === keys[index]);
    return [others.reduce(joined, policy)];
  });
  return narrowFirst(joinedUp, (inner, outer) => areGlobsWithin(inner.repositories ?? ['**'], outer.repositories ?? ['**']));
}

const COUNTS_LEFT =
  'ATTENTION: a step that keeps a number counts what the steps before it have left. Here an image is counted, too, that they delete ' +
  'and that stays by another of its tags, so that one may go that is kept there.';

function joined(first: ImportedPolicy, second: ImportedPolicy): ImportedPolicy {
  const sharedTags = first.sharedTags ?? second.sharedTags;
  const isCounting = second.rules.some(({ part: { keep } }) => typeof keep !== 'string' && (keep.last ?? keep.older) !== undefined);
  return {
    ...first,
    comments: [
      ...new Set([...first.comments, ...second.comments]),
      'The first rule that selects a tag decides it, and what one step excludes stays here.',
      ...(isCounting ? [COUNTS_LEFT] : []),
    ],
    ...(sharedTags && { sharedTags }),
    protect: [...(first.protect ?? []), ...(second.protect ?? [])],
    original: both(first.original, second.original),
    rules: [...first.rules, ...second.rules.map((rule) => withoutUntagged(rule, first.rules))],
  };
}

/** Each step deletes by itself: what one has taken, the other does not see. */
function both(first: Original, second: Original): Original {
  return (repository, samples) => {
    const one = first(repository, samples);
    const left = samples
      .filter((sample) => !one.images.includes(sample))
      .map((sample) => ({ sample, seen: { ...sample, tags: sample.tags.filter((tag) => !one.tags.includes(tag)) } }));
    const other = second(
      repository,
      left.map(({ seen }) => seen),
    );
    const images = left.filter(({ seen }) => other.images.includes(seen)).map(({ sample }) => sample);
    return { images: [...one.images, ...images], tags: [...one.tags, ...other.tags] };
  };
}

/** A rule that counts what has no tag beside others does not where a rule above it is for that. */
function withoutUntagged({ part, comments }: Commented<RuleSpec>, above: readonly Commented<RuleSpec>[]): Commented<RuleSpec> {
  if (part.untagged !== 'too' || above.every((one) => one.part.untagged === undefined)) return { part, comments };
  const { untagged: _untagged, ...rule } = part;
  return { part: rule, comments: [...comments, 'Images without a tag have a rule of their own above, and are not counted here.'] };
}

function issueWords(issue: z.core.$ZodIssue, inputs: unknown): string {
  const [key] = issue.path;
  if (key !== undefined && !(isObject(inputs) && key in inputs)) return `needs the input "${String(key)}"`;
  if (issue.code === 'unrecognized_keys') return `${issue.keys.join(', ')}: cannot be imported`;
  return issue.message;
}
