import { setTimeout as wait } from 'node:timers/promises';
import { registryErrorText } from '../../http/registry-errors.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { asText, parseJsonObject } from '../../domain/json.ts';
import type { CollectGarbageOptions, GarbageCollection } from '../registry.ts';
import type { HarborClient, HarborRequest } from './client.ts';

/** How long a job is left alone before it is asked for again, in milliseconds. */
const POLL = 2000;
const OVER = ['Success', 'Error', 'Stopped'];

/**
 * Starts Harbor's garbage collection in the same way as its web page does. It collects what nothing refers to, and not untagged artifacts,
 * which the policy decides about. With `wait`, follows the job to its end. Needs `garbage-collection:create` and `:read` on system level,
 * which administrators have.
 */
export async function collectGarbage(
  client: HarborClient,
  options: CollectGarbageOptions & { readonly pause?: number },
): Promise<GarbageCollection> {
  const { wait: follow, signal, pause = POLL } = options;
  const doing = `start the garbage collection of ${client.name}`;
  const json = { schedule: { type: 'Manual' }, parameters: { delete_untagged: false, dry_run: false, workers: 1 } };
  const response = await client.send({ method: 'POST', doing, path: '/system/gc/schedule', json, signal });
  if (response.status === 401 || response.status === 403) {
    const message = `Harbor does not let this account start its garbage collection (${registryErrorText(response)})`;
    return {
      state: 'refused',
      message: `${message}: that takes an administrator, or a robot account with the system permission garbage-collection:create.`,
    };
  }
  if (response.status === 409) return { state: 'refused', message: 'A garbage collection is under way already.' };
  if (response.status !== 201) throw await client.refused({ doing, path: '' }, response);
  const id = /\/(\d+)$/.exec(response.headers['location'] ?? '')?.[1];
  if (!follow) return { state: 'started', ...(id !== undefined && { job: id }) };
  if (id === undefined) throw badAnswer(doing, 'the answer does not name the job');
  return followJob(client, id, signal, pause);
}

async function followJob(client: HarborClient, id: string, signal: AbortSignal | undefined, pause: number): Promise<GarbageCollection> {
  const request: HarborRequest = {
    doing: `follow the garbage collection ${id} of ${client.name}`,
    needs: 'garbage-collection:read',
    path: `/system/gc/${id}`,
    signal,
  };
  for (;;) {
    const job = parseJsonObject((await client.get(request)).body);
    const status = asText(job?.['job_status']);
    if (status === undefined) throw badAnswer(request.doing, 'the answer tells no status');
    if (status === 'Success') {
      const freed = freedBytes(asText(job?.['job_parameters']));
      return { state: 'finished', job: id, ...(freed !== undefined && { freed }) };
    }
    if (OVER.includes(status)) {
      return {
        state: 'failed',
        job: id,
        message: `The garbage collection ${id} of ${client.name} ended with the status ${status}; its log in Harbor says why.`,
      };
    }
    await wait(pause, undefined, { ...(signal && { signal }) });
  }
}

/** From the job's parameters, in which Harbor keeps what came of it (src/controller/gc/callback.go). */
function freedBytes(parameters: string | undefined): number | undefined {
  const freed = parseJsonObject(Buffer.from(parameters ?? ''))?.['freed_space'];
  return typeof freed === 'number' ? freed : undefined;
}
