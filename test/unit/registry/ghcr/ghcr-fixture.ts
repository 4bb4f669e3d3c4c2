import { onTestFinished } from 'vitest';
import { image, layer, type Pushable } from '../../../../src/demo/image.ts';
import { ToolError } from '../../../../src/diagnostics/tool-error.ts';
import { createGhcrRegistry, type GhcrRegistryOptions } from '../../../../src/registry/ghcr/create-registry.ts';
import type { Registry } from '../../../../src/registry/registry.ts';
import { type FakeGhcr, type FakeGhcrOptions, OWNER, startFakeGhcr } from '../../../fakes/ghcr/fake-ghcr.ts';
import type { FakeAccount } from '../../../fakes/ghcr/rest.ts';
import { testClient, testClock } from '../../http/test-client.ts';

export const APP = 'team/app';

/** A fake that is closed after the test. */
export async function fakeGhcr(options: FakeGhcrOptions = {}): Promise<FakeGhcr> {
  const fake = await startFakeGhcr(options);
  onTestFinished(() => fake.close());
  return fake;
}

/** The adapter on a fake, as somebody. */
export function connect({ url, api }: FakeGhcr, options: Partial<GhcrRegistryOptions> = {}, account: FakeAccount = OWNER): Registry {
  const known = { username: account.login, password: account.token };
  const clock = testClock();
  return createGhcrRegistry({
    name: 'prod',
    url,
    endpoint: api,
    http: testClient({ clock }),
    credentials: async () => known,
    clock,
    ...options,
  });
}

/** Somebody else, whom the fake knows too if it is told. */
export function account(parts: Partial<FakeAccount>): FakeAccount {
  return { token: 'ghp_other4711other4711other4711other4711', login: 'rita', scopes: ['read:packages'], isAdmin: false, ...parts };
}

export function build(seed: string): Pushable {
  return image({ layers: [layer(seed, 100)], created: '2025-01-01T00:00:00.000Z' });
}

/** The tags that are there, each with its digest, sorted. */
export function tagsIn({ store }: FakeGhcr, repository = APP): string[] {
  return store
    .alive(store.package(repository))
    .flatMap(({ tags, digest }) => [...tags].map((tag) => `${tag} ${digest}`))
    .toSorted();
}

/** The error of ours that a call ends in. */
export async function failure(call: Promise<unknown>): Promise<ToolError> {
  const error: unknown = await call.then(
    (answer) => new Error(`no error but ${JSON.stringify(answer)}`),
    (reason: unknown) => reason,
  );
  if (error instanceof ToolError) return error;
  throw error;
}
