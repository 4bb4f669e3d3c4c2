import { Agent } from 'node:https';
import type { OAuth2ClientOptions } from 'google-auth-library';
import type { HttpClient, HttpRequest } from '../../http/http-client.ts';

type TransporterOptions = NonNullable<OAuth2ClientOptions['transporterOptions']>;

/** An answer with a token. */
const MAX_ANSWER = 1024 * 1024;
const WITHOUT_BODY = [204, 205, 304];

/**
 * Lets Google's library send its requests through this program's own client, with its proxies, certificates, time limits and bounds. Each
 * request is sent once, since the library itself decides when to try again. Plain HTTP is allowed only to services of this machine, such as
 * another cloud's metadata server, which are never reached through a proxy.
 */
export function googleTransport(http: HttpClient): TransporterOptions {
  const send = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.protocol === 'http:') return fetch(url, init);
    const headers = new Headers(init.headers);
    const { body } = init;
    if (body instanceof URLSearchParams && !headers.has('content-type')) headers.set('content-type', 'application/x-www-form-urlencoded');
    const answer = await http.request({
      method: (init.method ?? 'GET').toUpperCase() as HttpRequest['method'],
      url: url.href,
      headers: Object.fromEntries(headers),
      ...(body !== undefined && body !== null && { body: body instanceof Uint8Array ? body : String(body as string | URLSearchParams) }),
      maxBytes: MAX_ANSWER,
      once: true,
      follow: false,
    });
    return new Response(WITHOUT_BODY.includes(answer.status) ? null : new Uint8Array(answer.body), {
      status: answer.status,
      headers: { ...answer.headers },
    });
  };
  // An agent that is given keeps the library from looking for a proxy by itself.
  return { fetchImplementation: send as NonNullable<TransporterOptions['fetchImplementation']>, agent: new Agent() };
}
