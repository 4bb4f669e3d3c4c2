import { onTestFinished } from 'vitest';
import { image, layer, type Pushable } from '../../../../src/demo/image.ts';
import { ToolError } from '../../../../src/diagnostics/tool-error.ts';
import { createHubRegistry, type HubRegistryOptions } from '../../../../src/registry/dockerhub/create-registry.ts';
import type { Registry } from '../../../../src/registry/registry.ts';
import { type FakeHub, type FakeHubOptions, OWNER, startFakeHub } from '../../../fakes/dockerhub/fake-hub.ts';
import type { FakeAccount } from '../../../fakes/dockerhub/rest.ts';
import { testClient } from '../../http/test-client.ts';

export const APP = 'team/app';

/** A fake that is closed after the test. */
export async function fakeHub(options: FakeHubOptions = {}): Promise<FakeHub> {
  const hub = await startFakeHub(options);
  onTestFinished(() => hub.close());
  return hub;
}

/** The adapter on a fake, as somebody. */
export function connect({ url, api }: FakeHub, options: Partial<HubRegistryOptions> = {}, account: FakeAccount = OWNER): Registry {
  const known = { username: account.name, password: account.token };
  return createHubRegistry({ name: 'docker.io', url, endpoint: api, http: testClient(), credentials: async () => known, ...options });
}

export function build(seed: string): Pushable {
  return image({ layers: [layer(seed, 100)], created: '2025-01-01T00:00:00.000Z' });
}

/** The tags that are there, sorted. */
export function tagsIn({ store }: FakeHub, repository = APP): string[] {
  return [...store.repository(repository).tags.keys()].toSorted();
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
