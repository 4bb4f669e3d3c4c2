import { redactUrl } from '../diagnostics/redact.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { isLoopback, isOnlyLocal } from './address.ts';
import type { Call } from './exchange.ts';
import type { HttpResponse } from './http-client.ts';

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** Headers that are sent to one origin only. */
const FOR_ONE_ORIGIN = new Set(['authorization', 'cookie']);

/**
 * The next request that a redirect asks for. Undefined for an answer that is not a redirect, and for one that is not followed: only GET and
 * HEAD follow, because a PUT, POST or DELETE is never sent to an address that its caller did not name. Secrets are sent to their own origin
 * only. Throws `ToolError` `BAD_RESPONSE` for an address that is not valid, for one without TLS after one with TLS, and for a local
 * address, unless `first`, the host that was asked first, is on the same machine.
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
    throw refused(call, response, 'to something that is not a web address');
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
