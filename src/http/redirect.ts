import { redactUrl } from '../diagnostics/redact.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { isLoopback, isOnlyLocal } from './address.ts';
import type { Call } from './exchange.ts';
import type { HttpResponse } from './http-client.ts';

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** Headers that are meant for one origin and go to no other. */
const FOR_ONE_ORIGIN = new Set(['authorization', 'cookie']);

/**
 * Where an answer sends its reader, as the next request; undefined for an answer that is none or that is not followed: only reading follows, a PUT, POST or
 * DELETE is never sent to an address that its caller did not name. Secrets do not leave their origin. Throws `ToolError` `BAD_RESPONSE` for an address
 * that makes no sense, for one without TLS after one with, and for one on a network that only `first`, the host asked first, can mean.
 */
export function redirected(call: Call, response: HttpResponse, first: URL): Call | undefined {
  const location = response.headers['location'];
  if (
    call.follow === false ||
    !REDIRECTS.has(response.status) ||
    location === undefined ||
    (call.method !== 'GET' && call.method !== 'HEAD')
  )
    return undefined;
  const to = URL.canParse(location, call.url.href) ? new URL(location, call.url.href) : undefined;
  if (to === undefined || (to.protocol !== 'https:' && to.protocol !== 'http:'))
    throw refused(call, response, 'to something that is no web address');
  if (call.url.protocol === 'https:' && to.protocol === 'http:') throw refused(call, response, `to ${redactUrl(to.href)}, away from TLS`);
  const sameMachine = to.hostname === first.hostname || (isLoopback(to.hostname) && isLoopback(first.hostname));
  if (isOnlyLocal(to.hostname) && !sameMachine)
    throw refused(call, response, `to ${redactUrl(to.href)}, an address of this machine or its link`);
  if (to.origin === call.url.origin) return { ...call, url: to };
  return {
    ...call,
    url: to,
    headers: Object.fromEntries(Object.entries(call.headers).filter(([name]) => !FOR_ONE_ORIGIN.has(name.toLowerCase()))),
  };
}

function refused(call: Call, response: HttpResponse, where: string): ToolError {
  return new ToolError(
    'BAD_RESPONSE',
    `${call.method} ${redactUrl(call.url.href)}: the server redirects (${response.status}) ${where}; that is not followed.`,
    {
      hint: 'Check the URL of the server, and how the server or the proxy in front of it makes its redirects.',
    },
  );
}
