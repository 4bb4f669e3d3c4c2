import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import tls from 'node:tls';
import { Agent, type Dispatcher, EnvHttpProxyAgent, Pool } from 'undici';
import { rememberSecret } from '../diagnostics/redact.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { isLoopback } from './address.ts';

/** Milliseconds. `body` limits the whole body, so that a server that sends one byte a second cannot hold the program. */
export interface Timeouts {
  readonly connect: number;
  readonly headers: number;
  readonly body: number;
}

/** Long for headers: some servers walk through their whole storage before they answer. */
export const DEFAULT_TIMEOUTS: Timeouts = { connect: 10_000, headers: 120_000, body: 120_000 };

export interface NetworkOptions {
  /** Where HTTPS_PROXY, HTTP_PROXY, NO_PROXY (or in lower case) and NODE_EXTRA_CA_CERTS are read. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Certificates in PEM, trusted beside the usual ones. */
  readonly ca?: string;
  /** For a client of one server, used instead of `ca`. Proxies are spoken to without it. */
  readonly tls?: ServerTls;
  /**
   * The URL of a proxy for every request, also for a host that looks like this machine: the proxy resolves the name. The environment's
   * proxies are then ignored.
   */
  readonly proxy?: string;
  readonly timeouts: Timeouts;
}

/** How to speak to one server that has its own certificates. */
export interface ServerTls {
  /** Certificates in PEM, trusted instead of the usual ones. */
  readonly ca?: string;
  /** The client's own, in PEM. */
  readonly cert?: string;
  readonly key?: string;
  /** The name that the server's certificate is for, where that is not its host. */
  readonly servername?: string;
  /** False only if the user has asked for it: whoever is on the way can then read and change everything. */
  readonly rejectUnauthorized?: false;
}

/** The connections of one client. Nothing of it is global. */
export interface Network {
  dispatcherFor(url: URL): Dispatcher;
  /** Closes every connection, also one in use. */
  destroy(): Promise<void>;
}

/**
 * Makes the network of one client; no connection is opened yet. Proxies are read as undici reads them: HTTP_PROXY also serves https if
 * HTTPS_PROXY is not set; NO_PROXY holds host names (with all names below them) and `*`. This machine itself is never asked for through a
 * proxy, where its name would mean another machine. Throws `ToolError` `CONFIG_INVALID` for a certificate or proxy URL that is not valid.
 */
export function createNetwork(options: NetworkOptions): Network {
  const { env, timeouts } = options;
  const plain = { timeout: timeouts.connect, ...(options.ca !== undefined && { secureContext: trusting(options.ca, env) }) };
  const connect = options.tls ? { timeout: timeouts.connect, ...options.tls } : plain;
  const given = options.proxy === undefined ? env : { http_proxy: options.proxy, https_proxy: options.proxy };
  const limits = { headersTimeout: timeouts.headers, bodyTimeout: timeouts.body };
  const direct = new Agent({ connect, ...limits });
  const proxied = new EnvHttpProxyAgent({
    connect,
    requestTls: connect,
    proxyTls: plain,
    ...limits,
    // The answer to CONNECT comes when the proxy has reached the host.
    clientFactory: (origin, given) => new Pool(origin, { ...given, ...limits }),
    // Plain http is forwarded as every proxy expects it; only https goes through a tunnel.
    proxyTunnel: false,
    httpProxy: proxyUrl(given, 'http_proxy'),
    httpsProxy: proxyUrl(given, 'https_proxy'),
    noProxy: setting(given, 'no_proxy'),
  });
  return {
    dispatcherFor: (url) => (options.proxy === undefined && isLoopback(url.hostname) ? direct : proxied),
    destroy: async () => {
      await Promise.all([direct.destroy(), proxied.destroy()]);
    },
  };
}

/** The empty text and not undefined, because undici would then read the environment of the process. */
function setting(env: NetworkOptions['env'], name: string): string {
  return env[name] ?? env[name.toUpperCase()] ?? '';
}

function proxyUrl(env: NetworkOptions['env'], name: string): string {
  const text = setting(env, name).trim();
  if (text === '') return '';
  const full = text.includes('://') ? text : `http://${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (url === undefined || !/^(https?|socks5?):$/.test(url.protocol)) {
    throw new ToolError('CONFIG_INVALID', `${name.toUpperCase()} is not the URL of a proxy.`, {
      hint: 'Set it to something like http://proxy.example.com:3128, or unset it.',
    });
  }
  if (url.password !== '') {
    rememberSecret(url.password);
    rememberSecret(decoded(url.password));
  }
  return url.href;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The usual certificates and these. If any certificate is named, Node.js ignores the usual ones, so all of them are named. */
function trusting(pem: string, env: NetworkOptions['env']): tls.SecureContext {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  try {
    if (blocks.length === 0) throw new Error('no certificate');
    for (const block of blocks) void new X509Certificate(block);
  } catch (cause) {
    throw new ToolError('CONFIG_INVALID', 'The CA file holds no certificate in PEM that can be read.', {
      hint: 'It must hold one or more BEGIN CERTIFICATE blocks.',
      cause,
    });
  }
  return tls.createSecureContext({ ca: [...usualCertificates(env), ...blocks] });
}

function usualCertificates(env: NetworkOptions['env']): string[] {
  // Since Node.js 22.15; it knows of NODE_EXTRA_CA_CERTS and --use-system-ca.
  const { getCACertificates } = tls as { getCACertificates?: (type: 'default') => string[] };
  if (getCACertificates !== undefined) return getCACertificates('default');
  const extra = env['NODE_EXTRA_CA_CERTS'] ?? '';
  if (extra === '') return [...tls.rootCertificates];
  try {
    return [...tls.rootCertificates, readFileSync(extra, 'utf8')];
  } catch (cause) {
    throw new ToolError('FILE', `NODE_EXTRA_CA_CERTS names ${extra}, which cannot be read.`, {
      hint: 'Name a readable file of certificates in PEM, or unset it.',
      cause,
    });
  }
}
