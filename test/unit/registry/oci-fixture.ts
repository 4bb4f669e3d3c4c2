import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createRegistryAuth } from '../../../src/auth/create-registry-auth.ts';
import { type EmbeddedRegistry, startEmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import type { Pushable } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import type { EmbeddedRegistryOptions } from '../../../src/demo/registry-options.ts';
import type { ChangeGuard } from '../../../src/diagnostics/change-guard.ts';
import { ToolError } from '../../../src/diagnostics/tool-error.ts';
import type { Manifest, RepositoryInventory } from '../../../src/domain/inventory.ts';
import { ContentCache } from '../../../src/distribution/cache.ts';
import { createOciRegistry } from '../../../src/registry/oci/create-registry.ts';
import type { Registry } from '../../../src/registry/registry.ts';
import type { HttpResponse } from '../../../src/http/http-client.ts';
import { testClient } from '../http/test-client.ts';
import { asDigest } from '../../digest.ts';

export interface AdapterOptions {
  readonly user?: string;
  readonly password?: string;
  readonly cache?: ContentCache;
  readonly concurrency?: number;
  readonly changes?: ChangeGuard;
  /** What `/v2/` answers to a request without credentials. Default: that none are needed, without a request. */
  readonly ping?: () => Promise<HttpResponse>;
}

/** The adapter, called `prod`, for a server at `url`. */
export function adapter(url: string, { user, password, ping = silentPing, changes, ...options }: AdapterOptions = {}): Registry {
  const credentials = user === undefined || password === undefined ? undefined : { username: user, password };
  const known = async () => credentials;
  const auth = createRegistryAuth({ http: testClient(changes ? { changes } : {}), registry: 'prod', url, credentials: known });
  return createOciRegistry({
    name: 'prod',
    url,
    send: (request, scopes) => auth.send(request, scopes),
    ping,
    credentials: known,
    ...options,
  });
}

/** An embedded registry that is closed after the test, with the adapter for it. */
export async function withServer(
  options: EmbeddedRegistryOptions = {},
  adapterOptions: AdapterOptions = {},
): Promise<{ server: EmbeddedRegistry; registry: Registry }> {
  const server = await startEmbeddedRegistry(options);
  onTestFinished(() => server.close());
  return { server, registry: adapter(server.url, adapterOptions) };
}

/** Pushes things under tags into `team/app`, and forgets the requests that took. */
export async function fill(
  server: EmbeddedRegistry,
  things: readonly (readonly [Pushable, ...string[]])[],
  repository = 'team/app',
): Promise<void> {
  for (const [thing, ...tags] of things) await push(server, repository, thing, tags);
  server.requests.length = 0;
}

/** `METHOD /path` of every request so far, sorted, without `/v2/team/app`. */
export function asked(server: EmbeddedRegistry): string[] {
  return server.requests.map(({ method, path }) => `${method} ${path.replace('/v2/team/app', '')}`).toSorted();
}

export async function cacheFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'oci-cache-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The manifest of a digest or tag. */
export function find(inventory: RepositoryInventory, key: string): Manifest {
  const found = inventory.manifests.find(({ digest, tags }) => digest === key || tags.includes(key));
  if (!found) throw new Error(`no ${key} in the inventory`);
  return found;
}

/** The error that a call ends in. */
export async function failure(call: Promise<unknown>): Promise<ToolError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ToolError) return error;
  throw new Error(`no ToolError but ${String(error)}`);
}

/** A digest of nothing. */
export const NOWHERE = asDigest(`sha256:${'0'.repeat(64)}`);

export function openCache(folder: string): ContentCache {
  return new ContentCache(folder);
}

async function silentPing(): Promise<HttpResponse> {
  return { status: 200, headers: {}, body: new Uint8Array(), url: '' };
}
