import type { ApplyReport, RepositoryReport, StepResult } from '../apply/apply-report.ts';
import type { UndoReport } from '../apply/undo-report.ts';
import { EXIT } from '../diagnostics/exit-codes.ts';
import { repositoryKey } from '../domain/repository-key.ts';
import type { Plan, RepositoryPlan } from '../plan/plan.ts';

/** What a run leaves for monitoring. */
export interface RunFacts {
  /** Seconds since the epoch, at its end. */
  readonly endedAt: number;
  /** Seconds. */
  readonly duration: number;
  readonly exitCode: number;
  /** Seconds since the epoch: of this run, if it was a success; otherwise of the last one that was, where that is known. */
  readonly lastSuccess?: number | undefined;
  /** Absent if the run failed before there was a plan, or was about none. */
  readonly plan?: Plan;
  /** Absent if nothing was carried out. */
  readonly applied?: ApplyReport;
  /** Of `undo`, which plans and deletes nothing. */
  readonly undone?: UndoReport;
  /** True if the run ended with an error of its own, which no repository counts. */
  readonly broken: boolean;
}

/** One repository's part in it. */
interface RepositoryFacts {
  readonly planned: number;
  readonly kept: number;
  readonly deleted: number;
  readonly skipped: number;
  readonly freed: number;
  readonly incomplete: number;
  readonly errors: number;
}

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

const SUCCESS = 'regprune_last_success_timestamp_seconds';

/** The metrics by registry and policy, each with its meaning and its value. */
const BY_POLICY: readonly (readonly [name: string, help: string, value: keyof RepositoryFacts])[] = [
  ['regprune_planned_manifests', 'Manifests that the last run planned to delete.', 'planned'],
  ['regprune_kept_manifests', 'Manifests that stay by the plan of the last run.', 'kept'],
  ['regprune_deleted_manifests', 'Manifests that the last run deleted.', 'deleted'],
  ['regprune_skipped_manifests', 'Manifests that the last run planned to delete, tried to, and left.', 'skipped'],
  ['regprune_freed_bytes', 'Bytes, at least, of the blobs that only manifests deleted by the last run held.', 'freed'],
  [
    'regprune_incomplete_repositories',
    'Repositories that the last run could not read completely, so that they lost nothing.',
    'incomplete',
  ],
];

/**
 * The text format of Prometheus: labels registry and policy, never a tag. Every metric has a sample whatever became of the run, so that no
 * value of an earlier run stays beside the others where they are pushed; what is about no registry has empty labels.
 */
export function metricsText(run: RunFacts): string {
  const { plan, applied, undone } = run;
  const groups = new Map<string, { readonly labels: Labels; readonly facts: RepositoryFacts }>();
  const reports = new Map(applied?.repositories.map((report) => [repositoryKey(report), report]));
  for (const repository of plan?.repositories ?? []) {
    const { registry, policy } = repository;
    if (policy === undefined) continue;
    const key = JSON.stringify([registry, policy]);
    const facts = factsOf(repository, reports.get(repositoryKey(repository)));
    const sum = groups.get(key);
    groups.set(key, { labels: { registry, policy }, facts: sum ? add(sum.facts, facts) : facts });
  }
  const sorted = [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
  const samples = (value: keyof RepositoryFacts): Sample[] => sorted.map(({ labels, facts }): Sample => [labels, facts[value]]);
  const deciding = undone
    ? family('regprune_restored_manifests', 'Manifests that the last undo put back.', restored(undone))
    : BY_POLICY.map(([name, help, value]) => family(name, help, samples(value))).join('') +
      family(
        'regprune_unread',
        'Repositories, and registries without a list of these, that the last run could not read completely.',
        unread(plan),
      );
  return [
    single('regprune_last_run_timestamp_seconds', 'When the last run ended.', run.endedAt),
    run.lastSuccess === undefined ? '' : single(SUCCESS, 'When the last run without an error ended.', run.lastSuccess),
    single('regprune_run_duration_seconds', 'How long the last run took.', run.duration),
    single(
      'regprune_exit_code',
      'What the last run exited with: 0 done, 1 to 6 as in the help, from 128 on stopped by a signal.',
      run.exitCode,
    ),
    single('regprune_blocked', '1 if the last run was refused or its plan may not be carried out, else 0.', isBlocked(run) ? 1 : 0),
    deciding,
    family('regprune_errors', 'Errors of the last run.', [...samples('errors'), ...otherErrors(run)]),
  ].join('');
}

/** The time of the last success that an earlier metrics file tells, so that a run that fails does not take it away. */
export function lastSuccessIn(text: string): number | undefined {
  const match = new RegExp(`^${SUCCESS} (\\d+(?:\\.\\d+)?)$`, 'm').exec(text);
  return match ? Number(match[1]) : undefined;
}

function isBlocked({ exitCode, plan }: RunFacts): boolean {
  return exitCode === EXIT.notApplyable || plan?.applyable === false;
}

/** What is planned of a repository that a policy governs, and what became of it; without a report, nothing was carried out there. */
function factsOf(plan: RepositoryPlan, report: RepositoryReport | undefined): RepositoryFacts {
  const doomed = plan.images.filter(({ action }) => action === 'delete');
  const left = manifestsOf(report?.notDone);
  const gone = manifestsOf(report?.gone);
  const notFreed = doomed.filter(({ digest }) => left.has(digest) || gone.has(digest)).reduce((sum, { size }) => sum + size, 0);
  const incomplete = plan.complete ? 0 : 1;
  return {
    planned: plan.steps.filter(({ op }) => op === 'delete-manifest').length,
    kept: plan.images.length - doomed.length,
    deleted: report ? doomed.length - left.size - gone.size : 0,
    skipped: left.size,
    // What stayed, or what somebody else had deleted, holds no more than its own size of what was to be freed.
    freed: report ? Math.max(0, plan.summary.bytes.freed - notFreed) : 0,
    incomplete,
    errors: incomplete + (report ? errorsOf(report) : 0),
  };
}

/** The digests of the manifests that these steps were to delete. */
function manifestsOf(results: readonly StepResult[] = []): ReadonlySet<string> {
  return new Set(results.filter(({ op }) => op === 'delete-manifest').map(({ digest }) => digest));
}

function errorsOf({ counts, error }: RepositoryReport): number {
  return counts.failed + counts.lost + (error ? 1 : 0);
}

function add(a: RepositoryFacts, b: RepositoryFacts): RepositoryFacts {
  const keys = Object.keys(a) as (keyof RepositoryFacts)[];
  return Object.fromEntries(keys.map((key) => [key, a[key] + b[key]])) as unknown as RepositoryFacts;
}

/** How much of each registry was not read; 0 for one that was read whole. */
function unread(plan: Plan | undefined): Sample[] {
  const counts = new Map((plan?.repositories ?? []).map(({ registry }) => [registry, 0]));
  for (const { registry } of plan?.unread ?? []) counts.set(registry, (counts.get(registry) ?? 0) + 1);
  return byRegistry(counts);
}

/** Errors that no repository with a policy counts: registries without a list, and what ended the run. */
function otherErrors({ plan, applied, undone, broken }: RunFacts): Sample[] {
  const counted = new Set(plan?.repositories.flatMap(({ registry, repository, policy }) => (policy ? [`${registry}/${repository}`] : [])));
  const counts = new Map<string, number>();
  const count = (registry: string): unknown => counts.set(registry, (counts.get(registry) ?? 0) + 1);
  for (const { registry, repository } of plan?.unread ?? [])
    if (repository === undefined || !counted.has(`${registry}/${repository}`)) count(registry);
  for (const { registry, outcome } of undone?.items ?? []) if (outcome === 'failed' || outcome === 'lost') count(registry);
  if (broken || applied?.error || undone?.error) count('');
  return byRegistry(counts).map(([labels, value]) => [{ ...labels, policy: '' }, value]);
}

function restored({ items }: UndoReport): Sample[] {
  const counts = new Map<string, number>();
  for (const { registry, tag, outcome } of items)
    counts.set(registry, (counts.get(registry) ?? 0) + (tag === undefined && outcome === 'restored' ? 1 : 0));
  return byRegistry(counts);
}

function byRegistry(counts: ReadonlyMap<string, number>): Sample[] {
  return [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([registry, value]) => [{ registry }, value]);
}

function single(name: string, help: string, value: number): string {
  return family(name, help, [[{}, value]]);
}

function family(name: string, help: string, samples: readonly Sample[]): string {
  const all = samples.length > 0 ? samples : ([[{}, 0]] as const);
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${all.map(([labels, value]) => `${name}${written(labels)} ${value}\n`).join('')}`;
}

function written(labels: Labels): string {
  const all = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return all.length === 0 ? '' : `{${all.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
