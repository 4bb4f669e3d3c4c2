import { onTestFinished } from 'vitest';
import { type Pushable, image, layer } from '../../../../src/demo/image.ts';
import { newPushSession, push } from '../../../../src/demo/push.ts';
import { ToolError } from '../../../../src/diagnostics/tool-error.ts';
import type { Manifest, RepositoryInventory } from '../../../../src/domain/inventory.ts';
import type { HttpClient } from '../../../../src/http/http-client.ts';
import { type AcrRegistryOptions, createAcrRegistry } from '../../../../src/registry/acr/create-registry.ts';
import { createSend } from '../../../../src/registry/acr/create-send.ts';
import type { EntraToken } from '../../../../src/registry/acr/entra-token.ts';
import type { Registry } from '../../../../src/registry/registry.ts';
import { type Account, adminUser } from '../../../fakes/acr/accounts.ts';
import { type FakeAcr, type FakeAcrOptions, startFakeAcr } from '../../../fakes/acr/fake-acr.ts';
import { testClient } from '../../http/test-client.ts';

const ADMIN: Account = adminUser('team', 'admin-secret-0815');

/** Who asks: a name and its secret, or a token of Entra ID. */
export type Asker = { readonly name: string; readonly secret: string } | { readonly entra: EntraToken };

/** The adapter, called `prod`; by default as the admin user. */
export function adapter(
  acr: FakeAcr,
  asker: Asker = { name: 'team', secret: 'admin-secret-0815' },
  options: Partial<AcrRegistryOptions> & {
    readonly http?: HttpClient;
    readonly now?: () => number;
    readonly audiences?: readonly string[];
  } = {},
): Registry {
  const { http = testClient(), now, audiences, ...rest } = options;
  const known = 'name' in asker ? { username: asker.name, password: asker.secret } : undefined;
  const entraToken =
    'entra' in asker ? asker.entra : () => Promise.reject(new Error('the identity is not asked where there are credentials'));
  let anonymous = false;
  const send = createSend({
    onAnonymous: () => (anonymous = true),
    http,
    name: 'prod',
    url: acr.url,
    credentials: async () => known,
    entraToken,
    ...(audiences && { audiences }),
    ...(now && { now }),
  });
  return createAcrRegistry({ name: 'prod', url: acr.url, send, isAnonymous: () => anonymous, ...rest });
}

/** A registry with the admin user, closed after the test. */
export async function withAcr(options: Partial<FakeAcrOptions> = {}): Promise<FakeAcr> {
  const acr = await startFakeAcr({ ...options, accounts: [ADMIN, ...(options.accounts ?? [])] });
  onTestFinished(() => acr.close());
  return acr;
}

/** Pushes things under tags as any client does, and forgets the requests that took. */
export async function fill(acr: FakeAcr, things: readonly (readonly [Pushable, ...string[]])[], repository = 'team/app'): Promise<void> {
  const session = newPushSession();
  for (const [thing, ...tags] of things)
    await push(acr, repository, thing, tags, { session, auth: { user: 'team', password: 'admin-secret-0815' } });
  acr.requests.length = 0;
}

export function app(seed: string, platform = 'linux/amd64'): Pushable {
  return image({
    layers: [layer('base', 50), layer(`${seed} ${platform}`, 20)],
    platform,
    created: '2025-01-01T00:00:00Z',
    labels: { seed },
  });
}

/** `METHOD path` of every request so far, without those to log in. */
export function asked(acr: FakeAcr): string[] {
  return acr.requests.filter(({ path }) => !path.startsWith('/oauth2/') && path !== '/v2/').map(({ method, path }) => `${method} ${path}`);
}

/** The scopes of every token that was asked for so far. */
export function scopes(acr: FakeAcr): string[] {
  return acr.requests
    .filter(({ path }) => path.startsWith('/oauth2/token'))
    .map(({ method, path, sent }) =>
      (method === 'POST' ? new URLSearchParams(sent) : new URL(path, 'http://any').searchParams).getAll('scope').join(' '),
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
