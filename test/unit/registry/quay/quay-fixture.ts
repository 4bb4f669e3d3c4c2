import { onTestFinished } from 'vitest';
import { image, layer, type Pushable } from '../../../../src/demo/image.ts';
import { ToolError } from '../../../../src/diagnostics/tool-error.ts';
import { createQuayRegistry, type QuayRegistryOptions } from '../../../../src/registry/quay/create-registry.ts';
import type { Registry } from '../../../../src/registry/registry.ts';
import { type FakeQuay, type FakeQuayOptions, OWNER, startFakeQuay } from '../../../fakes/quay/fake-quay.ts';
import { testClient } from '../../http/test-client.ts';

export const APP = 'team/app';
export const DAY = 86_400_000;

/** A fake that is closed after the test. */
export async function fakeQuay(options: FakeQuayOptions = {}): Promise<FakeQuay> {
  const quay = await startFakeQuay(options);
  onTestFinished(() => quay.close());
  return quay;
}

/** The adapter on a fake. */
export function connect({ url }: FakeQuay, options: Partial<QuayRegistryOptions> = {}): Registry {
  const credentials = { username: '$oauthtoken', password: OWNER.token };
  return createQuayRegistry({ name: 'prod', url, http: testClient(), credentials: async () => credentials, ...options });
}

/** The adapter with another token. */
export function connectAs(quay: FakeQuay, username: string, password: string): Registry {
  const credentials = { username, password };
  return connect(quay, { credentials: async () => credentials });
}

export function build(seed: string): Pushable {
  return image({ layers: [layer(seed, 100)], created: '2025-01-01T00:00:00.000Z' });
}

/** The tags that are there, sorted. */
export function tagsIn({ store }: FakeQuay, repository = APP): string[] {
  return store
    .alive(store.repository(repository))
    .filter(({ hidden }) => !hidden)
    .map(({ name }) => name)
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
