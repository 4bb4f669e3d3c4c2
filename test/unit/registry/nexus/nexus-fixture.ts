import { onTestFinished } from 'vitest';
import { createRegistryAuth } from '../../../../src/auth/create-registry-auth.ts';
import type { Credentials } from '../../../../src/auth/credentials.ts';
import { image, layer, type Pushable } from '../../../../src/demo/image.ts';
import { ToolError } from '../../../../src/diagnostics/tool-error.ts';
import { createNexusRegistry, type NexusRegistryOptions } from '../../../../src/registry/nexus/create-registry.ts';
import type { Registry } from '../../../../src/registry/registry.ts';
import { ADMIN, type FakeAccount } from '../../../fakes/nexus/accounts.ts';
import { type FakeNexus, type FakeNexusOptions, startFakeNexus } from '../../../fakes/nexus/fake-nexus.ts';
import { testClient } from '../../http/test-client.ts';

/** The Nexus repository of these tests, and an image in it. */
export const HOSTED = 'docker-hosted';
export const APP = `${HOSTED}/team/app`;

/** A fake that is closed after the test. */
export async function fakeNexus(options: FakeNexusOptions = {}): Promise<FakeNexus> {
  const nexus = await startFakeNexus(options);
  nexus.store.repository(HOSTED);
  onTestFinished(() => nexus.close());
  return nexus;
}

/** The adapter on a fake, as an account. */
export function connect(nexus: FakeNexus, options: Partial<NexusRegistryOptions> = {}, account: FakeAccount = ADMIN): Registry {
  const { url = nexus.url } = options;
  const http = testClient();
  const known: Credentials = { username: account.name, password: account.password };
  const credentials = async (): Promise<Credentials> => known;
  const auth = createRegistryAuth({ http, registry: 'prod', url, credentials });
  return createNexusRegistry({ name: 'prod', url, http, credentials, send: (request, scopes) => auth.send(request, scopes), ...options });
}

export function push({ store }: FakeNexus, thing: Pushable, ...tags: readonly string[]): void {
  store.push(store.repository(HOSTED), 'team/app', thing, tags);
}

export function build(seed: string): Pushable {
  return image({ layers: [layer(seed, 100)], created: '2025-01-01T00:00:00.000Z' });
}

/** The tags that are there, sorted. */
export function tagsIn({ store }: FakeNexus): string[] {
  return store
    .tagsOf(store.repository(HOSTED), 'team/app')
    .map(({ tag }) => tag)
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
