import { redactUrl } from '../diagnostics/redact.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { isLoopback } from './address.ts';
import type { Call } from './exchange.ts';

/** Throws `CONFIG_INVALID` for a request without TLS, but for one to this machine itself and to a host that `allow` lets pass. */
export function refusePlainHttp({ method, url }: Call, allow: (host: string) => boolean): void {
  if (url.protocol === 'https:' || isLoopback(url.hostname)) return;
  if (url.protocol === 'http:' && allow(url.host)) return;
  throw new ToolError(
    'CONFIG_INVALID',
    `${method} ${redactUrl(url.href)}: without TLS everything, including credentials, could be read and changed on the way.`,
    { hint: `Use https://${url.host}, or allow it: --plain-http, or "plainHttp: true" of the registry in the config.` },
  );
}
