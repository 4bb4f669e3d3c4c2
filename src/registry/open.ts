import { createRegistryAuth } from '../auth/create-registry-auth.ts';
import type { RegistryConfig } from '../config/config.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { createPing, tellingAnswer } from '../distribution/ping.ts';
import type { HttpResponse } from '../http/http-client.ts';
import type { Registry } from './registry.ts';
import type { OpenContext, RegistryType } from './registry-type.ts';
import { PLAIN_TYPE, REGISTRY_TYPES } from './types.ts';
import { unavailableRegistry } from './unavailable.ts';

/** What the registries of a run are opened with, besides their configs. */
export interface OpenOptions extends Pick<OpenContext, 'http' | 'credentials' | 'env' | 'cache' | 'waits'> {
  readonly signal: AbortSignal;
}

/**
 * Opens a registry. Where neither the config nor the host tells its type, it is asked once; where that fails, the registry that is given
 * back answers everything with that error, so that it stops no other. Throws `CONFIG_INVALID` for settings that are wrong for its type.
 */
export async function openRegistry(config: RegistryConfig & { readonly concurrency: number }, options: OpenOptions): Promise<Registry> {
  const { name, url, concurrency } = config;
  const { http, credentials, signal, ...context } = options;
  const known = REGISTRY_TYPES.find((type) => type.name === config.type) ?? typeOfHost(new URL(url).host);
  checkSettings(config, known ?? PLAIN_TYPE, known ? [known] : UNTOLD);
  const ping = createPing(http, url);
  let answer: HttpResponse | undefined;
  try {
    answer = known ? undefined : await tellingAnswer(ping, url);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ToolError)) throw error;
    return unavailableRegistry(name, url, error);
  }
  const type = known ?? typeOfAnswer(answer as HttpResponse);
  checkSettings(config, type, [type]);
  const auth = createRegistryAuth({ http, registry: name, url, credentials, ping });
  return type.open({
    ...context,
    name,
    url,
    concurrency,
    settings: type.settings && config.settings?.[type.settings.key],
    http,
    ping,
    send:
      known === PLAIN_TYPE
        ? async (request, scopes) => {
            refuseAsPlain(name, await tellingAnswer(ping, url));
            return auth.send(request, scopes);
          }
        : (request, scopes) => auth.send(request, scopes),
    credentials,
  });
}

/** The type of registry that a host (`host[:port]`) tells; undefined for a host that may be of any type. */
export function typeOfHost(host: string): RegistryType | undefined {
  const hostname = host.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');
  return REGISTRY_TYPES.find(({ hosts }) => hosts?.test(hostname));
}

/** The type of registry that answers `GET /v2/` like this. */
export function typeOfAnswer(answer: HttpResponse): RegistryType {
  return REGISTRY_TYPES.find(({ recognises }) => recognises?.(answer)) ?? PLAIN_TYPE;
}

/** Throws `CONFIG_INVALID` where the answer to `/v2/` is that of a registry which must not be spoken to as a plain one. */
function refuseAsPlain(name: string, answer: HttpResponse): void {
  const type = typeOfAnswer(answer);
  if (type.notPlain === undefined) return;
  throw new ToolError('CONFIG_INVALID', `The registry ${name} is of type ${type.name}, and the config says "type: ${PLAIN_TYPE.name}".`, {
    hint: `Say "type: ${type.name}": ${type.notPlain}`,
  });
}

/** What a registry may be whose host tells no type. */
const UNTOLD: readonly RegistryType[] = REGISTRY_TYPES.filter(({ hosts, recognises }) => hosts === undefined || recognises !== undefined);

/**
 * Throws `CONFIG_INVALID` for a setting that the registry's type does not use, because whoever wrote it expects it to do something.
 * `possible` are the types that the registry may turn out to be of, and `type` is the one that it is taken for so far.
 */
function checkSettings(config: RegistryConfig, type: RegistryType, possible: readonly RegistryType[]): void {
  const given = { auth: config.auth, ...config.settings };
  const unused = type.unused?.paths.find((path) => path.split('.').reduce<unknown>(valueOf, given) !== undefined);
  const foreign = Object.keys(config.settings ?? {}).find((key) => !possible.some(({ settings }) => settings?.key === key));
  const wrong = unused ?? foreign;
  if (wrong === undefined) return;
  throw new ToolError('CONFIG_INVALID', `The registry ${config.name} is of type ${type.name}, which does not use "${wrong}".`, {
    hint: (unused !== undefined && type.unused?.hint) || 'Leave it out, or correct "type" or "url".',
  });
}

function valueOf(object: unknown, key: string): unknown {
  return typeof object === 'object' && object !== null ? (object as Record<string, unknown>)[key] : undefined;
}
