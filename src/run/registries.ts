import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { createCredentialResolver } from '../auth/credential-resolver.ts';
import type { CredentialConfig } from '../auth/credentials.ts';
import type { CredentialSource, RegistryConfig } from '../config/config.ts';
import type { Settings } from '../config/settings.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Digest } from '../domain/digest.ts';
import { createHttpClient } from '../http/create-http-client.ts';
import type { HttpClient, LimitedHttpClient } from '../http/http-client.ts';
import { ContentCache } from '../distribution/cache.ts';
import { openRegistry } from '../registry/open.ts';
import type { Registry } from '../registry/registry.ts';
import type { Context } from './context.ts';

/** What ends the requests to registries before their time. */
interface RequestEnds {
  /** Ends every request. What is under way while something is deleted must not end like this. */
  readonly signal: AbortSignal;
  /** Ends every wait before a request is tried again; the request then fails. */
  readonly waits: AbortSignal;
}

/** How registries are opened. */
export interface OpenOptions extends RequestEnds {
  /** Stands between the registries and the network. */
  readonly observe?: (http: HttpClient) => HttpClient;
}

/** Registries that can be spoken to, by name, until they are closed. */
export interface OpenRegistries {
  readonly byName: ReadonlyMap<string, Registry>;
  /** A manifest that was read from one of them, by this run or an earlier one, as it was kept. */
  readonly cached: (digest: Digest) => Promise<Uint8Array | undefined>;
  /** Resolves when a request to a registry would go out at once; undefined where nobody can tell. */
  readonly room: (registry: string) => Promise<void> | undefined;
  readonly close: () => Promise<void>;
}

/**
 * Opens each registry ({@link openRegistry}). `named` are those that the user has named, on the command line or in the config: the
 * credentials of the environment go to these alone. Throws `FILE` for a CA file that cannot be read, and what {@link openRegistry} throws.
 */
export async function openRegistries(
  registries: Settings['registries'],
  named: readonly RegistryConfig[],
  settings: Settings,
  context: Context,
  { signal, waits, observe = (http) => http }: OpenOptions,
): Promise<OpenRegistries> {
  const { env } = context.io;
  const credentials = createCredentialResolver({
    env,
    home: env['HOME'] ?? homedir(),
    configured: new Map(named.map((registry) => [new URL(registry.url).host, credentialConfig(registry)])),
  });
  const cache = settings.cacheDir === undefined ? undefined : new ContentCache(settings.cacheDir);
  const clients = new Map<string, LimitedHttpClient>();
  const open = async (registry: Settings['registries'][number]): Promise<Registry> => {
    const { url, concurrency, rate, caFile } = registry;
    const { host, hostname } = new URL(url);
    const client = createHttpClient({
      userAgent: `regprune/${context.version}`,
      env,
      concurrency,
      rate,
      signal,
      waits,
      changes: context.changes,
      onTrace: (trace) => context.activity.onTrace?.(trace),
      ...(caFile !== undefined && { ca: await readCertificates(resolve(context.io.cwd, caFile)) }),
      // Its other services may have ports of their own.
      allowPlainHttp: (asked) => registry.plainHttp === true && new URL(`http://${asked}`).hostname === hostname,
    });
    clients.set(registry.name, client);
    const http = observe(context.activity.watch(client));
    return openRegistry(registry, {
      http,
      credentials: (repository) => credentials.resolve(host, repository),
      env,
      ...(cache && { cache }),
      waits,
      signal: context.io.signal,
    });
  };
  const byName = new Map<string, Registry>();
  for (const registry of registries) byName.set(registry.name, await open(registry));
  return {
    byName,
    cached: async (digest) => cache?.read(digest),
    room: (name) => clients.get(name)?.room(byName.get(name)?.url ?? ''),
    close: async () => {
      await Promise.all([...clients.values()].map((client) => client.close()));
      await cache?.close();
    },
  };
}

function credentialConfig({ auth }: RegistryConfig): CredentialConfig {
  if (!auth) return {};
  const { username, password } = auth;
  const from = (name: 'username' | 'password', source: CredentialSource): CredentialConfig =>
    'env' in source ? { [`${name}Env`]: source.env } : { [`${name}File`]: source.file };
  return { ...('text' in username ? { username: username.text } : from('username', username)), ...from('password', password) };
}

async function readCertificates(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new ToolError('FILE', `cannot read the CA file ${file}: ${(error as Error).message}`, {
      hint: 'Correct "tls.ca" of the registry in the config, or --ca-file.',
      cause: error,
    });
  }
}
