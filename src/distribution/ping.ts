import { ToolError } from '../diagnostics/tool-error.ts';
import type { HttpClient, HttpResponse } from '../http/http-client.ts';

/** What a registry answers to `GET /v2/` without credentials, of any status; asked when first needed. */
export type Ping = () => Promise<HttpResponse>;

/** Asks a registry's `/v2/` once, for all who need the answer. An error is not remembered. */
export function createPing(http: HttpClient, url: string): Ping {
  let asked: Promise<HttpResponse> | undefined;
  return () => {
    asked ??= http.request({ method: 'GET', url: `${url.replace(/\/+$/, '')}/v2/` }).catch((error: unknown) => {
      asked = undefined;
      throw error;
    });
    return asked;
  };
}

/**
 * The answer of a registry's `/v2/`, which tells what kind of registry it is. Throws `UNREACHABLE` where nothing answers, and
 * `REGISTRY_ERROR` for an answer that tells nothing: taking a Harbor for a plain registry would change its pull times.
 */
export async function tellingAnswer(ping: Ping, url: string): Promise<HttpResponse> {
  const response = await ping();
  if (saysItHasTls(response)) {
    const { host } = new URL(url);
    throw new ToolError('UNREACHABLE', `The registry at ${url} speaks TLS, and was spoken to without it.`, {
      hint: `Give it as https://${host}, and leave out --plain-http and "plainHttp".`,
    });
  }
  if (response.status !== 429 && response.status < 500) return response;
  throw new ToolError(
    'REGISTRY_ERROR',
    `Cannot find out what kind of registry ${new URL(url).host} is: it answered status ${response.status}.`,
    {
      hint: 'Run again later, or name its kind in the config, as "type".',
    },
  );
}

/** The words of Go's servers and of nginx for a request without TLS at a port that has it. */
function saysItHasTls({ status, body, url }: HttpResponse): boolean {
  if (status !== 400 || !url.startsWith('http://')) return false;
  return /HTTP request to an HTTPS server|plain HTTP request was sent to HTTPS port/i.test(Buffer.from(body).toString('utf8'));
}
