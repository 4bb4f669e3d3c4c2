import { parseJson } from '../../domain/json.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { FLUX_GROUP } from '../flux-sources.ts';
import { type ApiServer, get, refusal } from './api-server.ts';
import { FLUX_WORKLOADS, type Workload } from './workloads.ts';
import type { Fields } from '../fields.ts';

/**
 * The kinds of Flux's objects that a cluster serves, each in the first version that has it; none where the cluster has no Flux, as the
 * server's own list of API groups tells. Throws `AUTH`, `REGISTRY_ERROR`, `BAD_RESPONSE` and `UNREACHABLE` where that list cannot be read
 * whole.
 */
export async function fluxWorkloads(server: ApiServer): Promise<Workload[]> {
  const groups = await discover(server, '/apis', 'APIGroupList', 'groups');
  const flux = groups.find(({ name }) => name === FLUX_GROUP);
  const found: Workload[] = [];
  for (const { version } of flux ? listOf(flux['versions']) : []) {
    if (typeof version !== 'string') continue;
    const resources = await discover(server, `/apis/${FLUX_GROUP}/${version}`, 'APIResourceList', 'resources');
    for (const workload of FLUX_WORKLOADS) {
      const isServed = resources.some(({ name }) => name === workload.resource);
      if (isServed && !found.some(({ resource }) => resource === workload.resource)) found.push({ ...workload, version });
    }
  }
  const order = FLUX_WORKLOADS.map(({ resource }) => resource);
  return found.toSorted((a, b) => order.indexOf(a.resource) - order.indexOf(b.resource));
}

/** A list of what the server serves. */
async function discover(server: ApiServer, path: string, kind: string, key: string): Promise<Fields[]> {
  const response = await get(server, path);
  if (response.status === 403) {
    throw new ToolError('AUTH', `${server.called}: may not read ${path} (403), which tells whether Flux is there.`, {
      hint: 'Grant the verb "get" on that nonResourceURL, as src/inuse/kubernetes/rbac.yaml does.',
    });
  }
  if (response.status !== 200) throw refusal(server, path, response);
  const content = parseJson(response.body) as Fields | undefined;
  if (content?.['kind'] === kind && Array.isArray(content[key])) return listOf(content[key]);
  throw new ToolError('BAD_RESPONSE', `${server.called}: the answer to ${path} is not a whole ${kind}.`, {
    hint: 'Check the server in the kubeconfig, and what stands before it.',
  });
}

function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter((each): each is Fields => typeof each === 'object' && each !== null) : [];
}
