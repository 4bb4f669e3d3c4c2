import { printable, redact } from '../../diagnostics/redact.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { HttpClient, HttpResponse } from '../../http/http-client.ts';
import { listPath, type Workload } from './workloads.ts';

/** One cluster's API server. */
export interface ApiServer {
  /** As messages call it: `cluster prod`. */
  readonly called: string;
  /** Without a final slash. */
  readonly url: string;
  readonly http: HttpClient;
  readonly headers: () => Promise<Readonly<Record<string, string>>>;
  /** Objects a page. */
  readonly pageSize: number;
}

/** One page of a list: `kind` is the list's, and each item's is left out. */
export interface WorkloadPage {
  readonly kind: string;
  readonly items: readonly unknown[];
}

/** A page holds up to 500 objects, each of up to 1.5 MiB, of which nearly all are a hundredth of that. */
const LONGEST_PAGE = 128 * 2 ** 20;
/** So often a list is begun again when the server has forgotten where it stood: it does after five minutes, or sooner when much changes. */
const MOST_RESTARTS = 3;
const LONGEST_REASON = 300;

/**
 * Every object of a kind, in all namespaces, page by page; a page may hold again what an earlier one held. Throws {@link ListForbidden}, `AUTH` where the server does not know us,
 * `REGISTRY_ERROR` where it cannot, `BAD_RESPONSE` for what is no page, and `UNREACHABLE`: never less than the whole list without an error.
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
  const headers = { accept: 'application/json', ...(await server.headers()) };
  // Credentials go to the server that the kubeconfig names, and no answer of it sends them elsewhere.
  try {
    return await server.http.request({
      method: 'GET',
      url: `${server.url}${listPath(workload)}?${query}`,
      headers,
      maxBytes: LONGEST_PAGE,
      follow: false,
    });
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    throw new ToolError(error.code, `${server.called}: ${error.message}`, { hint: error.hint, cause: error });
  }
}

function readPage(
  server: ApiServer,
  workload: Workload,
  { status, body }: HttpResponse,
): { readonly page: WorkloadPage; readonly next?: string } {
  if (status !== 200) throw refused(server, workload, status, body);
  const content = parsed(body) as
    { readonly kind?: unknown; readonly items?: unknown; readonly metadata?: { readonly continue?: unknown } | null } | undefined;
  const kind = `${workload.kind}List`;
  const items = content?.items === null ? [] : content?.items;
  const next = content?.metadata?.continue ?? '';
  if (content?.kind !== kind || !Array.isArray(items) || typeof next !== 'string') {
    throw new ToolError('BAD_RESPONSE', `${server.called}: the answer to the list of ${workload.resource} is no whole ${kind}.`, {
      hint: 'Check the server in the kubeconfig, and what stands before it.',
    });
  }
  return { page: { kind, items }, ...(next !== '' && { next }) };
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/** The error for a list that was not given. A 404 is no empty list: it may come from whatever else answers at this address. */
function refused({ called }: ApiServer, workload: Workload, status: number, body: Uint8Array): ToolError {
  const list = `the list of ${nameOf(workload)}`;
  if (status === 403) return new ListForbidden(called, [workload]);
  if (status === 401)
    return new ToolError('AUTH', `${called}: the API server does not accept the credentials of the kubeconfig or ServiceAccount (401).`, {
      hint: 'Renew them; `kubectl get pods` uses the same.',
    });
  if (status === 410)
    return new ToolError('REGISTRY_ERROR', `${called}: ${list} expired each time before it was read (410 Gone).`, {
      hint: 'Run again when less changes in the cluster.',
    });
  const { message } = (parsed(body) ?? {}) as { readonly message?: unknown };
  const reason = typeof message === 'string' ? `: ${redact(printable(message)).slice(0, LONGEST_REASON)}` : '';
  return new ToolError(
    status >= 500 || status === 429 ? 'REGISTRY_ERROR' : 'BAD_RESPONSE',
    `${called}: ${list} was answered with ${status}${reason}.`,
    { hint: 'Check the API server.' },
  );
}

/** The server knows us and does not let us list these. */
export class ListForbidden extends ToolError {
  readonly workloads: readonly Workload[];

  constructor(called: string, workloads: readonly Workload[]) {
    super(
      'AUTH',
      `${called}: may not list ${workloads.map(nameOf).join(', ')} (403); grant the verb "list" on that in a ClusterRole, see src/inuse/kubernetes/rbac.yaml.`,
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
