import { parseJson } from '../../domain/json.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { HttpResponse } from '../../http/http-client.ts';
import { type ApiServer, get, refusal } from './api-server.ts';
import { listPath, type Workload } from './workloads.ts';

/** One page of a list. Its items do not tell their kind. */
export interface WorkloadPage {
  readonly items: readonly unknown[];
}

/** So often a list is begun again when the server has forgotten where it stood: it does after five minutes, or sooner when much changes. */
const MOST_RESTARTS = 3;

/**
 * Every object of a kind, in all namespaces, page by page; a page may hold again what an earlier one held. Throws {@link ListForbidden},
 * `AUTH` where the server does not know us, `REGISTRY_ERROR` where it fails, `BAD_RESPONSE` for what is not a page, and `UNREACHABLE`: it
 * never gives less than the whole list without an error.
 */
export async function* listWorkloads(server: ApiServer, workload: Workload): AsyncGenerator<WorkloadPage> {
  let from: string | undefined;
  for (let restarts = 0; ;) {
    const response = await getPage(server, workload, from);
    // 410 Gone: the token is too old. What was read so far was in the cluster a moment ago, and counts as well.
    if (response.status === 410 && from !== undefined && restarts < MOST_RESTARTS) {
      restarts += 1;
      from = undefined;
      continue;
    }
    const { next, page } = readPage(server, workload, response);
    yield page;
    if (next === undefined) return;
    if (next === from)
      throw new ToolError(
        'BAD_RESPONSE',
        `${server.called}: the list of ${workload.resource} does not go on: each page names itself as the next.`,
        { hint: 'Check what stands between here and the API server.' },
      );
    from = next;
  }
}

async function getPage(server: ApiServer, workload: Workload, from: string | undefined): Promise<HttpResponse> {
  const query = new URLSearchParams({ limit: String(server.pageSize), ...(from !== undefined && { continue: from }) });
  return get(server, `${listPath(workload)}?${query}`);
}

function readPage(server: ApiServer, workload: Workload, response: HttpResponse): { readonly page: WorkloadPage; readonly next?: string } {
  if (response.status === 403) throw new ListForbidden(server.called, [workload]);
  if (response.status !== 200) throw refusal(server, `the list of ${nameOf(workload)}`, response);
  const content = parseJson(response.body) as
    { readonly kind?: unknown; readonly items?: unknown; readonly metadata?: { readonly continue?: unknown } | null } | undefined;
  const kind = `${workload.kind}List`;
  const items = content?.items === null ? [] : content?.items;
  const next = content?.metadata?.continue ?? '';
  if (content?.kind !== kind || !Array.isArray(items) || typeof next !== 'string') {
    throw new ToolError('BAD_RESPONSE', `${server.called}: the answer to the list of ${workload.resource} is not a whole ${kind}.`, {
      hint: 'Check the server in the kubeconfig, and what stands before it.',
    });
  }
  return { page: { items }, ...(next !== '' && { next }) };
}

/** The server knows us and does not let us list these. */
export class ListForbidden extends ToolError {
  readonly workloads: readonly Workload[];

  constructor(called: string, workloads: readonly Workload[]) {
    super(
      'AUTH',
      `${called}: may not list ${workloads.map(nameOf).join(', ')} (403); ` +
        'grant the verb "list" on that in a ClusterRole, see src/inuse/kubernetes/rbac.yaml.',
      {
        hint: 'Apply the ClusterRole of src/inuse/kubernetes/rbac.yaml and bind it to whom the kubeconfig or the pod names.',
      },
    );
    this.name = 'ListForbidden';
    this.workloads = workloads;
  }
}

function nameOf({ group, resource }: Workload): string {
  return `${resource} in ${group === '' ? 'the core API group ("")' : `the API group ${group}`}`;
}
