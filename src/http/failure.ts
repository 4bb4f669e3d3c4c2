import { redactUrl } from '../diagnostics/redact.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Call } from './exchange.ts';
import { failureCode, isRetryableFailure, proxyRefusal } from './retry-policy.ts';

const NETWORK_HINT = 'Check that the host is up and can be reached from here, and HTTPS_PROXY, HTTP_PROXY and NO_PROXY.';
const TLS_HINT =
  'For a private CA, give its certificate: --ca-file, "tls: {ca: FILE}" of the registry in the config, or NODE_EXTRA_CA_CERTS.';
const NO_TLS_HINT =
  'Check the port. A registry without TLS is given as http://, and allowed by --plain-http or by "plainHttp: true" of the registry ' +
  'in the config.';

/** What happened and what to do, by the code that Node.js or undici gives. */
const KNOWN: Readonly<Record<string, readonly [what: string, hint: string]>> = {
  ENOTFOUND: ['there is no host with this name', 'Check the spelling and the DNS; behind a proxy, set HTTPS_PROXY.'],
  EAI_AGAIN: ['the host name could not be looked up', 'Check the DNS; behind a proxy, set HTTPS_PROXY.'],
  ECONNREFUSED: ['the connection was refused', NETWORK_HINT],
  ECONNRESET: ['the connection was cut', NETWORK_HINT],
  UND_ERR_SOCKET: ['the connection was cut', NETWORK_HINT],
  UND_ERR_CONNECT_TIMEOUT: ['no connection in time', NETWORK_HINT],
  ETIMEDOUT: ['no connection in time', NETWORK_HINT],
  UND_ERR_HEADERS_TIMEOUT: ['no answer in time', 'The server may be overloaded; try again later or with less concurrency.'],
  UND_ERR_BODY_TIMEOUT: ['the answer did not arrive in time', 'The server may be overloaded; try again later or with less concurrency.'],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: ['the answer was cut short', NETWORK_HINT],
  SELF_SIGNED_CERT_IN_CHAIN: ['its certificate is signed by a CA that is not trusted here', TLS_HINT],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['its certificate is self-signed', TLS_HINT],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['its certificate is signed by a CA that is not trusted here', TLS_HINT],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['its certificate is signed by a CA that is not trusted here', TLS_HINT],
  CERT_HAS_EXPIRED: ['its certificate has expired', 'Renew the certificate, or check the clock of this machine.'],
  ERR_TLS_CERT_ALTNAME_INVALID: ['its certificate is for another name', 'Use the name that the certificate is for.'],
  ERR_SSL_WRONG_VERSION_NUMBER: ['it does not speak TLS', NO_TLS_HINT],
  EPROTO: ['it does not speak TLS', NO_TLS_HINT],
};

/** The error for a request that got no answer: `BAD_RESPONSE` if the server sent something that is not HTTP, otherwise `UNREACHABLE`. */
export function unanswered(call: Call, cause: unknown, tries: number): ToolError {
  const request = `${call.method} ${redactUrl(call.url.href)}`;
  const count = tries > 1 ? `, ${tries} tries` : '';
  const refusal = proxyRefusal(cause);
  if (refusal !== undefined) {
    return new ToolError('UNREACHABLE', `${request}: the proxy refuses the connection (${refusal}${count}).`, {
      hint: 'Check HTTPS_PROXY with its user and password, and NO_PROXY.',
      cause,
    });
  }
  const code = failureCode(cause);
  if (code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW') {
    return new ToolError('BAD_RESPONSE', `${request}: the answer is not HTTP (${code}${count}).`, {
      hint: 'Check the URL and the port.',
      cause,
    });
  }
  const [what, hint] = KNOWN[code] ?? ['no answer', NETWORK_HINT];
  return new ToolError('UNREACHABLE', `${request}: ${what} (${code === '' ? 'unknown failure' : code}${count}).`, {
    hint,
    cause,
    transient: isRetryableFailure(call.method, cause),
  });
}

/** The error for a host that asks for a longer pause than this program waits. `until` is in milliseconds since the epoch. */
export function comeBackLater(call: Call, until: number, now: number): ToolError {
  const minutes = Math.ceil((until - now) / 60_000);
  const when = Number.isNaN(new Date(until).getTime())
    ? 'in a very long time'
    : `in ${minutes} minutes, at ${new Date(until).toISOString()}`;
  return new ToolError('UNREACHABLE', `${call.method} ${redactUrl(call.url.href)}: ${call.url.host} asks to come back ${when}.`, {
    hint: 'Its limit of requests is used up. Run again then; with credentials or less concurrency the limit may be wider.',
  });
}
