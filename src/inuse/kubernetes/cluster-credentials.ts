import { spawn, type SpawnOptions } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { basename } from 'node:path';
import type { User } from '@kubernetes/client-node/dist/config_types.js';
import { ExecAuth } from '@kubernetes/client-node/dist/exec_auth.js';
import { FileAuth } from '@kubernetes/client-node/dist/file_auth.js';
import { OpenIDConnectAuth } from '@kubernetes/client-node/dist/oidc_auth.js';
import { printable, redact, rememberSecret } from '../../diagnostics/redact.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { linkSignals } from '../../diagnostics/link-signals.ts';
import type { ServerTls } from '../../http/network.ts';
import type { ClusterAccess } from './cluster-access.ts';

/** Who we are to an API server. */
export interface ClusterCredentials {
  /** Headers for the next request; short-lived ones are made anew when they are old. */
  headers(): Promise<Record<string, string>>;
  readonly tls: ServerTls;
}

/** So old may what a provider gave become before it is asked again; it keeps what is still valid itself. */
const FRESH_MS = 60_000;
const LONGEST_PLUGIN_MS = 60_000;
const LONGEST_COMPLAINT = 300;
/** `client-secret`, `refresh-token`, `AWS_SECRET_ACCESS_KEY`; no `tokenFile`. */
const SECRET_NAME = /(?:secret|token|password|key)$/i;

/**
 * Credentials of every kind that a kubeconfig knows: client certificates, tokens, tokens in files, user and password, exec plugins, OpenID
 * Connect. Throws `FILE` for a certificate, key or token that cannot be read, `AUTH` where a plugin fails, and `CONFIG_INVALID` for a
 * provider that kubectl no longer has either.
 */
export async function clusterCredentials({ name, cluster, user }: ClusterAccess, signal: AbortSignal): Promise<ClusterCredentials> {
  rememberSecretsOf(user);
  const provide = providerOf(name, withExecInfo(user, cluster), signal);
  let given = await provide();
  let givenAt = Date.now();
  const [ca, cert, key] = [
    await pem(name, cluster.caFile, cluster.caData),
    given.cert ?? (await pem(name, user.certFile, user.certData)),
    given.key ?? (await pem(name, user.keyFile, user.keyData)),
  ];
  if (key !== undefined) rememberSecret(key);
  return {
    async headers() {
      if (Date.now() - givenAt > FRESH_MS) [given, givenAt] = [await provide(), Date.now()];
      return { ...given.headers, ...(user.impersonateUser && { 'impersonate-user': user.impersonateUser }) };
    },
    tls: {
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(cluster.tlsServerName && { servername: cluster.tlsServerName }),
      ...(cluster.skipTLSVerify && { rejectUnauthorized: false }),
    },
  };
}

/** Everything in the kubeconfig that opens something: what is sent is remembered once more where it is got. */
function rememberSecretsOf({ token, password, keyData, exec, authProvider }: User): void {
  const { config } = (authProvider ?? {}) as { readonly config?: object | null };
  const env = ((exec as { readonly env?: unknown } | null | undefined)?.env ?? []) as readonly ({
    readonly name?: unknown;
    readonly value?: unknown;
  } | null)[];
  const named = [
    ...Object.entries(config ?? {}),
    ...(Array.isArray(env) ? env.map((entry) => [String(entry?.name), entry?.value] as const) : []),
  ];
  const secret = named.flatMap(([name, value]) => (SECRET_NAME.test(name) ? [value as unknown] : []));
  for (const text of [token, password, keyData, ...secret]) if (typeof text === 'string' && text.trim() !== '') rememberSecret(text.trim());
}

interface Given {
  readonly headers: Readonly<Record<string, string>>;
  readonly cert?: string;
  readonly key?: string;
}

function providerOf(name: string, user: User, signal: AbortSignal): () => Promise<Given> {
  if (user.token) return () => Promise.resolve(bearer(user.token as string));
  if (user.username) {
    const { username, password = '' } = user;
    rememberSecret(password);
    const basic = Buffer.from(`${username}:${password}`).toString('base64');
    rememberSecret(basic);
    return () => Promise.resolve({ headers: { authorization: `Basic ${basic}` } });
  }
  let late = signal;
  const provider = [pluginAuth(() => late), new FileAuth(), new OpenIDConnectAuth()].find((each) => each.isAuthProvider(user));
  if (provider) {
    return () =>
      ask(name, user, signal, (options, ends) => {
        late = ends;
        return provider.applyAuthentication(user, options);
      });
  }
  if (!user.authProvider) return () => Promise.resolve({ headers: {} });
  const kind = String((user.authProvider as { readonly name?: unknown }).name);
  throw new ToolError(
    'CONFIG_INVALID',
    `cluster ${name}: the auth-provider ${printable(kind)} of the kubeconfig is not supported, nor is it by kubectl since 1.26.`,
    {
      hint: "Write the kubeconfig anew with the current tool of the cluster's vendor: it uses an exec plugin.",
    },
  );
}

/** Credentials from one of the library's providers, which puts them into options of a request. */
async function ask(
  name: string,
  user: User,
  signal: AbortSignal,
  apply: (options: RequestOptions, late: AbortSignal) => Promise<void>,
): Promise<Given> {
  const command = (user.exec as { readonly command?: unknown } | null | undefined)?.command;
  const what = typeof command === 'string' ? `the credential plugin ${basename(command)}` : 'the credentials of the kubeconfig';
  const options: RequestOptions = { headers: {} };
  const clock = new AbortController();
  const timer = setTimeout(() => clock.abort(new Error('no answer in a minute')), LONGEST_PLUGIN_MS);
  const { signal: late, release } = linkSignals([signal, clock.signal]);
  try {
    const ended = new Promise<never>((_, reject) => late.addEventListener('abort', () => reject(late.reason as Error), { once: true }));
    await Promise.race([apply(options, late), ended]);
  } catch (cause) {
    signal.throwIfAborted();
    const { code, message } = cause as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT' && typeof command === 'string'
        ? 'there is no such program'
        : redact(printable(message)).slice(0, LONGEST_COMPLAINT);
    throw new ToolError(user.exec ? 'AUTH' : 'FILE', `cluster ${name}: ${what} failed: ${why}.`, {
      hint: 'Run `kubectl get pods` with this context: it uses the same.',
    });
  } finally {
    clearTimeout(timer);
    release();
  }
  const authorization = (options.headers as Record<string, unknown>)['Authorization'];
  const token = typeof authorization === 'string' ? authorization.replace(/^Bearer /, '') : '';
  return {
    ...bearer(token),
    ...(typeof options.cert === 'string' && { cert: options.cert }),
    ...(typeof options.key === 'string' && { key: options.key }),
  };
}

/** The library's exec plugins, which end when `late` says so; it would wait for ever. They get no input: nobody is there to be asked. */
function pluginAuth(late: () => AbortSignal): ExecAuth {
  const execFn = (command: string, words: readonly string[] | undefined, options: SpawnOptions) =>
    spawn(command, words ?? [], { ...options, stdio: ['ignore', 'pipe', 'pipe'], signal: late(), killSignal: 'SIGKILL' });
  const auth: unknown = Object.assign(new ExecAuth(), { execFn });
  return auth as ExecAuth;
}

function bearer(token: string): Given {
  // Files end in a line break.
  const text = token.trim();
  if (text === '') return { headers: {} };
  rememberSecret(text);
  return { headers: { authorization: `Bearer ${text}` } };
}

/** What kubectl tells a plugin and the library does not: some plugins do nothing without it. */
function withExecInfo(user: User, cluster: ClusterAccess['cluster']): User {
  const { exec } = user as { readonly exec?: Readonly<Record<string, unknown>> | null };
  if (!exec) return user;
  const about = {
    server: cluster.server,
    'tls-server-name': cluster.tlsServerName,
    'insecure-skip-tls-verify': cluster.skipTLSVerify || undefined,
    'certificate-authority-data': cluster.caData,
    'proxy-url': cluster.proxyUrl,
  };
  const info = {
    apiVersion: exec['apiVersion'],
    kind: 'ExecCredential',
    spec: { interactive: false, ...(exec['provideClusterInfo'] === true && { cluster: about }) },
  };
  const env = Array.isArray(exec['env']) ? (exec['env'] as readonly unknown[]) : [];
  return { ...user, exec: { ...exec, env: [...env, { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) }] } };
}

/** Data counts before a file, as it does for kubectl. */
async function pem(name: string, file: string | undefined, data: string | undefined): Promise<string | undefined> {
  if (data) return Buffer.from(data, 'base64').toString('utf8');
  if (!file) return undefined;
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new ToolError('FILE', `cluster ${name}: cannot read ${file}, which its kubeconfig names: ${(cause as Error).message}.`, {
      hint: 'Correct the kubeconfig, or the permissions of the file.',
      cause,
    });
  }
}
