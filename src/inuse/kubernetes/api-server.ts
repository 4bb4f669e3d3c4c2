import { parseJson } from '../../domain/json.ts';
import { printable, redact } from '../../diagnostics/redact.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { HttpClient, HttpResponse } from '../../http/http-client.ts';

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

/** A page holds up to 500 objects, each of up to 1.5 MiB. Nearly all are a hundredth of that. */
const LONGEST_ANSWER = 128 * 2 ** 20;
const LONGEST_REASON = 300;

/** Asks for what is at a path, which begins with a slash. Throws `UNREACHABLE`, and whatever the credentials throw. */
export async function get(server: ApiServer, path: string): Promise<HttpResponse> {
  const headers = { accept: 'application/json', ...(await server.headers()) };
  // Credentials go to the server that the kubeconfig names, and no answer of it sends them elsewhere.
  try {
    return await server.http.request({ method: 'GET', url: `${server.url}${path}`, headers, maxBytes: LONGEST_ANSWER, follow: false });
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    throw new ToolError(error.code, `${server.called}: ${error.message}`, { hint: error.hint, cause: error });
  }
}

/**
 * The error for an answer that does not give what was asked for, such as `the list of pods`. A 404 may come from whatever else answers
 * there.
 */
export function refusal({ called }: ApiServer, what: string, { status, body }: HttpResponse): ToolError {
  if (status === 401)
    return new ToolError('AUTH', `${called}: the API server does not accept the credentials of the kubeconfig or ServiceAccount (401).`, {
      hint: 'Renew them; `kubectl get pods` uses the same.',
    });
  if (status === 410)
    return new ToolError('REGISTRY_ERROR', `${called}: ${what} expired each time before it was read (410 Gone).`, {
      hint: 'Run again when less changes in the cluster.',
    });
  const { message } = (parseJson(body) ?? {}) as { readonly message?: unknown };
  const reason = typeof message === 'string' ? `: ${redact(printable(message)).slice(0, LONGEST_REASON)}` : '';
  return new ToolError(
    status >= 500 || status === 429 ? 'REGISTRY_ERROR' : 'BAD_RESPONSE',
    `${called}: ${what} was answered with ${status}${reason}.`,
    { hint: 'Check the API server.' },
  );
}
