import { ToolError } from '../diagnostics/tool-error.ts';
import type { HttpClient, HttpResponse } from '../http/http-client.ts';

/**
 * Asks a registry's `/v2/` once, without credentials: what it demands tells how to log in, and what kind of registry it is. Throws
 * `UNREACHABLE` where nothing answers, and `REGISTRY_ERROR` for an answer that tells nothing: taking a Harbor for a plain registry
 * would change its pull times.
 */
export async function ping(http: HttpClient, url: string): Promise<HttpResponse> {
  const response = await http.request({ method: 'GET', url: `${url.replace(/\/+$/, '')}/v2/` });
  if (response.status !== 429 && response.status < 500) return response;
  throw new ToolError(
    'REGISTRY_ERROR',
    `Cannot find out what kind of registry ${new URL(url).host} is: it answered status ${response.status}.`,
    {
      hint: 'Run again later, or name its kind in the config, as "type".',
    },
  );
}
