import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { createRegistryAuth } from '../auth/create-registry-auth.ts';
import { createCredentialResolver } from '../auth/credential-resolver.ts';
import type { CredentialConfig } from '../auth/credentials.ts';
import type { CredentialSource, RegistryConfig } from '../config/config.ts';
import type { Settings } from '../config/settings.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { createHttpClient } from '../http/create-http-client.ts';
import type { HttpClient } from '../http/http-client.ts';
import { ContentCache } from '../distribution/cache.ts';
import { detectType } from '../registry/detect.ts';
import { isHarbor } from '../registry/harbor/is-harbor.ts';
import { createOciRegistry } from '../registry/oci/create-registry.ts';
import type { Registry } from '../registry/registry.ts';
import { ping } from '../distribution/ping.ts';
import { unavailableRegistry } from '../registry/unavailable.ts';
import type { Context } from './context.ts';

/** Registries that can be spoken to, by name, until they are closed. */
export interface OpenRegistries {
  readonly byName: ReadonlyMap<string, Registry>;
  readonly close: () => Promise<void>;
}

/**
 * Makes a client for each registry. Only where neither the config nor the host tells of what kind one is, it is asked once; where that fails, everything that is asked of
 * it later does. `named` are those that the user has named, on the command line or in the config: the credentials of the
 * environment go to these alone. Throws `FILE` for a CA file that cannot be read, `CONFIG_INVALID`, and `USAGE` for a host whose kind is not supported.
 */
export async function openRegistries(
  registries: Settings['registries'],
  named: readonly RegistryConfig[],
  settings: Settings,
  context: Context,
): Promise<OpenRegistries> {
  const { env } = context.io;
  const credentials = createCredentialResolver({
    env,
    home: env['HOME'] ?? homedir(),
    configured: new Map(named.map((registry) => [new URL(registry.url).host, credentialConfig(registry)])),
  });
  const cache = settings.cacheDir === undefined ? undefined : new ContentCache(settings.cacheDir);
  const clients: HttpClient[] = [];
  const open = async (registry: Settings['registries'][number]): Promise<Registry> => {
    const { name, url, concurrency, caFile } = registry;
    const { host } = new URL(url);
    const type = registry.type ?? detectType(host);
    checkSettings(registry, type);
    const http = createHttpClient({
      userAgent: `regprune/${context.version}`,
      env,
      concurrency,
      ...(caFile !== undefined && { ca: await readCertificates(caFile) }),
      allowPlainHttp: (asked) => registry.plainHttp === true && asked === host,
    });
    clients.push(http);
    const shared = { name, url, http, concurrency, ...(cache && { cache }) };
    if (type === 'ecr' || type === 'ecr-public') {
      const { region, ...identity } = registry.ecr ?? {};
      if (type === 'ecr-public')
        return (await import('../registry/ecr/create-public-registry.ts')).createEcrPublicRegistry({ ...shared, identity });
      return (await import('../registry/ecr/create-registry.ts')).createEcrRegistry({
        ...shared,
        identity,
        env,
        ...(region !== undefined && { region }),
      });
    }
    if (type === 'acr') {
      const { openAcrRegistry } = await import('../registry/acr/open-registry.ts');
      return openAcrRegistry({
        ...shared,
        ...registry.acr,
        concurrency: 2 * concurrency,
        env,
        credentials: (repository) => credentials.resolve(host, repository),
      });
    }
    if (type === 'gar') {
      const { projects, location, ...identity } = registry.gar ?? {};
      const { createGarRegistry } = await import('../registry/gar/create-registry.ts');
      const own = {
        credentials: () => credentials.resolve(host),
        identity,
        env,
        ...(projects && { projects }),
        ...(location !== undefined && { location }),
      };
      return createGarRegistry({ ...shared, ...own, concurrency: 2 * concurrency });
    }
    try {
      const answer = registry.type === undefined ? await ping(http, url) : undefined;
      const auth = createRegistryAuth({
        http,
        registry: name,
        url,
        credentials: (repository) => credentials.resolve(host, repository),
        ...(answer && { ping: answer }),
      });
      const send: typeof auth.send = (request, scopes) => auth.send(request, scopes);
      // Twice as many manifests as requests: while one is decoded, another is fetched.
      const plain = { name, url, send, concurrency: 2 * concurrency };
      if (type !== 'harbor' && !(answer && isHarbor(answer))) return createOciRegistry({ ...plain, ...(cache && { cache }) });
      const { createHarborRegistry } = await import('../registry/harbor/create-registry.ts');
      return createHarborRegistry({ ...plain, http, credentials: (repository) => credentials.resolve(host, repository) });
    } catch (error) {
      context.io.signal.throwIfAborted();
      if (!(error instanceof ToolError)) throw error;
      return unavailableRegistry(name, url, error);
    }
  };
  const byName = new Map<string, Registry>();
  for (const registry of registries) byName.set(registry.name, await open(registry));
  return {
    byName,
    close: async () => {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

/** Throws `CONFIG_INVALID` for a setting that this type of registry does not use: whoever wrote it expects it to do something. */
function checkSettings({ name, auth, ecr, gar, acr }: RegistryConfig, type: string): void {
  const isEcr = type === 'ecr' || type === 'ecr-public';
  const wrong =
    ecr && !isEcr
      ? 'ecr'
      : auth && isEcr
        ? 'auth'
        : ecr?.region !== undefined && type === 'ecr-public'
          ? 'ecr.region'
          : gar && type !== 'gar'
            ? 'gar'
            : acr && type !== 'acr'
              ? 'acr'
              : undefined;
  if (wrong === undefined) return;
  throw new ToolError('CONFIG_INVALID', `The registry ${name} is of type ${type}, which does not use "${wrong}".`, {
    hint: isEcr
      ? 'Its credentials are found by the AWS SDK; "ecr" can name a profile or a role.'
      : 'Leave it out, or correct "type" or "url".',
  });
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
      hint: 'Correct "tls.ca" of the registry in the config.',
      cause: error,
    });
  }
}
