import { onTestFinished } from 'vitest';
import { createRegistryAuth } from '../../../../src/auth/create-registry-auth.ts';
import type { Credentials } from '../../../../src/auth/credentials.ts';
import type { Pushable } from '../../../../src/demo/image.ts';
import { push } from '../../../../src/demo/push.ts';
import { ToolError } from '../../../../src/diagnostics/tool-error.ts';
import type { Manifest, RepositoryInventory } from '../../../../src/domain/inventory.ts';
import { createHarborRegistry, type HarborRegistryOptions } from '../../../../src/registry/harbor/create-registry.ts';
import type { Registry } from '../../../../src/registry/registry.ts';
import type { Account } from '../../../fakes/harbor/accounts.ts';
import { ADMIN, type FakeHarbor, type FakeHarborOptions, startFakeHarbor } from '../../../fakes/harbor/fake-harbor.ts';
import { testClient } from '../../http/test-client.ts';

/** The adapter, called `prod`, as that account; `null` for nobody. */
export function adapter(
  url: string,
  account: Pick<Account, 'name' | 'secret'> | null = ADMIN,
  options: Pick<HarborRegistryOptions, 'deleteUnpullable'> = {},
): Registry {
  const credentials: Credentials | undefined = account ? { username: account.name, password: account.secret } : undefined;
  const http = testClient();
  const auth = createRegistryAuth({ http, registry: 'prod', url, credentials: async () => credentials });
  return createHarborRegistry({
    name: 'prod',
    url,
    http,
    credentials: async () => credentials,
    send: (request, scopes) => auth.send(request, scopes),
    ...options,
  });
}

/** A Harbor with the project `team`, closed after the test, and the adapter for it. */
export async function withHarbor(
  options: FakeHarborOptions = {},
  account?: Pick<Account, 'name' | 'secret'> | null,
): Promise<{ harbor: FakeHarbor; registry: Registry }> {
  const harbor = await startFakeHarbor(options);
  onTestFinished(() => harbor.close());
  harbor.store.addProject('team');
  return { harbor, registry: adapter(harbor.url, account) };
}

/** Pushes things under tags as any client does, and forgets the requests that took. */
export async function fill(
  harbor: FakeHarbor,
  things: readonly (readonly [Pushable, ...string[]])[],
  repository = 'team/app',
): Promise<void> {
  for (const [thing, ...tags] of things)
    await push(harbor, repository, thing, tags, { auth: { user: ADMIN.name, password: ADMIN.secret } });
  harbor.requests.length = 0;
}

/** `METHOD path` of every request so far without the queries of lists, `/api/v2.0` as `@`. */
export function asked(harbor: FakeHarbor): string[] {
  return harbor.requests.map(
    ({ method, path }) =>
      `${method} ${path
        .replace('/api/v2.0', '@')
        .replace(/&?with_[a-z_]+=(?:true|false)/g, '')
        .replace(/\?$/, '')}`,
  );
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

export async function names(registry: Registry, options?: Parameters<Registry['repositories']>[0]): Promise<string[]> {
  const found: string[] = [];
  for await (const name of registry.repositories(options)) found.push(name);
  return found;
}
