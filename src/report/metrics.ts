import type { Plan, Unread } from '../plan/plan.ts';

/** What a run leaves for monitoring. */
export interface RunFacts {
  /** Seconds since the epoch, at its end. */
  readonly endedAt: number;
  /** Seconds. */
  readonly duration: number;
  readonly succeeded: boolean;
  /** Seconds since the epoch; of the last run that succeeded, where this one did not. */
  readonly lastSuccess?: number | undefined;
  readonly repositories: readonly RepositoryFacts[];
  /** What could not be read. */
  readonly unread: readonly Unread[];
}

/** One repository's part in it. */
export interface RepositoryFacts {
  readonly registry: string;
  readonly policy: string;
  /** Manifests. */
  readonly planned: number;
  readonly deleted: number;
  /** Bytes that the plan expects to be freed; 0 where nothing was deleted. */
  readonly freed: number;
  readonly errors: number;
}

const SUCCESS = 'regprune_last_success_timestamp_seconds';

/** The text format of Prometheus, for the textfile collector: labels registry and policy, never a tag. */
export function metricsText(run: RunFacts): string {
  const groups = new Map<string, RepositoryFacts>();
  for (const facts of run.repositories) {
    const labels = `{registry="${label(facts.registry)}",policy="${label(facts.policy)}"}`;
    const sum = groups.get(labels);
    groups.set(labels, sum === undefined ? facts : add(sum, facts));
  }
  const sorted = [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const perGroup = (name: string, help: string, value: (facts: RepositoryFacts) => number): string =>
    family(
      name,
      help,
      sorted.map(([labels, facts]) => `${name}${labels} ${value(facts)}`),
    );
  const success = run.succeeded ? run.endedAt : run.lastSuccess;
  return [
    single('regprune_last_run_timestamp_seconds', 'When the last run ended.', run.endedAt),
    success === undefined ? '' : single(SUCCESS, 'When the last run without an error ended.', success),
    single('regprune_run_duration_seconds', 'How long the last run took.', run.duration),
    perGroup('regprune_planned_manifests', 'Manifests that the last run planned to delete.', ({ planned }) => planned),
    perGroup('regprune_deleted_manifests', 'Manifests that the last run deleted.', ({ deleted }) => deleted),
    perGroup('regprune_freed_bytes', 'Bytes of the blobs that only manifests deleted by the last run held.', ({ freed }) => freed),
    family(
      'regprune_unread',
      'Repositories, and registries without a list of these, that the last run could not read.',
      unreadCounts(run.unread).map(([registry, amount]) => `regprune_unread{registry="${label(registry)}"} ${amount}`),
    ),
    perGroup('regprune_errors', 'Errors of the last run.', ({ errors }) => errors),
  ].join('');
}

/** The time of the last success that an earlier metrics file tells, so that a run that fails does not take it away. */
export function lastSuccessIn(text: string): number | undefined {
  const match = new RegExp(`^${SUCCESS} (\\d+(?:\\.\\d+)?)$`, 'm').exec(text);
  return match ? Number(match[1]) : undefined;
}

/** What a plan asks of each repository that a policy governs, before anything is carried out. */
export function plannedFacts({ repositories }: Plan): RepositoryFacts[] {
  return repositories.flatMap(({ registry, policy, steps, complete }) => {
    const planned = steps.filter(({ op }) => op === 'delete-manifest').length;
    return policy === undefined ? [] : [{ registry, policy, planned, deleted: 0, freed: 0, errors: complete ? 0 : 1 }];
  });
}

function unreadCounts(unread: readonly Unread[]): [registry: string, amount: number][] {
  const counts = new Map<string, number>();
  for (const { registry } of unread) counts.set(registry, (counts.get(registry) ?? 0) + 1);
  return [...counts];
}

function add(a: RepositoryFacts, b: RepositoryFacts): RepositoryFacts {
  return { ...a, planned: a.planned + b.planned, deleted: a.deleted + b.deleted, freed: a.freed + b.freed, errors: a.errors + b.errors };
}

function single(name: string, help: string, value: number): string {
  return family(name, help, [`${name} ${value}`]);
}

function family(name: string, help: string, samples: readonly string[]): string {
  return samples.length === 0 ? '' : `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${samples.join('\n')}\n`;
}

function label(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
