import type { Query } from './query.ts';
import { time } from './render.ts';
import type { Reply } from '../shared/messages.ts';
import { HarborError, json } from './reply.ts';
import type { GcJob, HarborStore } from './store.ts';

/** Starts a job that is over after two looks at it; what nothing refers to is gone at once (src/server/v2.0/handler/gc.go). */
export function startGc(store: HarborStore, body: Buffer): Reply {
  const { schedule, parameters = {} } = JSON.parse(body.toString('utf8')) as {
    schedule?: { type?: string };
    parameters?: Record<string, unknown>;
  };
  if (schedule?.type !== 'Manual')
    throw new HarborError(
      'UNPROCESSABLE_ENTITY',
      'schedule.type in body should be one of [Hourly Daily Weekly Custom Manual None Schedule]',
    );
  const workers = parameters['workers'];
  if (workers !== undefined && !(typeof workers === 'number' && workers > 0 && workers <= 10))
    throw new HarborError('BAD_REQUEST', `Error: Invalid number of workers:${String(workers)}`);
  const job: GcJob = {
    id: store.nextId(),
    statuses: ['Pending', 'Running', 'Success'],
    freed: parameters['dry_run'] === true ? 0 : sweep(store),
  };
  store.gcJobs.push(job);
  return { status: 201, headers: { location: `/api/v2.0/system/gc/${job.id}` }, body: '' };
}

function sweep(store: HarborStore): number {
  const used = new Set([...store.artifacts.values()].flatMap(({ digest, blobs }) => [digest, ...blobs]));
  let freed = 0;
  for (const [digest, bytes] of store.blobs) {
    if (used.has(digest)) continue;
    freed += bytes.length;
    store.blobs.delete(digest);
  }
  return freed;
}

export function renderJob({ id, freed }: GcJob, status: string): object {
  const parameters = {
    delete_untagged: false,
    dry_run: false,
    time_window: 2,
    workers: 1,
    ...(status === 'Success' && { freed_space: freed, purged_blobs: 1, purged_manifests: 1 }),
  };
  return {
    creation_time: time(1),
    deleted: false,
    id,
    job_kind: 'MANUAL',
    job_name: 'GARBAGE_COLLECTION',
    job_parameters: JSON.stringify(parameters),
    job_status: status,
    schedule: { type: 'Manual', next_scheduled_time: time(0) },
    update_time: time(1),
  };
}

/** Without a schedule, there is no body (src/server/v2.0/handler/gc.go, `GetGCSchedule`). */
export function renderSchedule({ gcSchedule }: HarborStore): Reply {
  if (!gcSchedule) return { status: 200, body: '' };
  const { type, cron, parameters } = gcSchedule;
  return json({
    creation_time: time(1),
    deleted: false,
    id: 1,
    job_kind: cron,
    job_parameters: JSON.stringify(parameters),
    schedule: { cron, next_scheduled_time: time(86_400_000), type },
    update_time: time(1),
  });
}

export function jobPage(store: HarborStore, query: Query): Reply {
  // The newest first (src/pkg/task/dao/model.go).
  return query.page(store.gcJobs.toReversed(), (job) => renderJob(job, job.statuses[0] ?? 'Success'));
}
