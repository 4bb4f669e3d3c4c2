import { onTestFinished } from 'vitest';
import type { HttpClientOptions } from '../../../../src/http/create-http-client.ts';
import { ToolError } from '../../../../src/diagnostics/tool-error.ts';
import { GarClient, type GarClientOptions } from '../../../../src/registry/gar/client.ts';
import { createGarRegistry, type GarRegistryOptions } from '../../../../src/registry/gar/create-registry.ts';
import type { Registry } from '../../../../src/registry/registry.ts';
import { type FakeGar, type FakeGarOptions, LOCATION, OWNER, startFakeGar } from '../../../fakes/gar/fake-gar.ts';
import { testClient, testClock } from '../../http/test-client.ts';

export const APP = 'my-project/images/team/app';

/** A fake that is closed after the test. */
export async function fakeGar(options: FakeGarOptions = {}): Promise<FakeGar> {
  const fake = await startFakeGar(options);
  onTestFinished(() => fake.close());
  return fake;
}

/** The adapter on a fake, as at `europe-west1-docker.pkg.dev`. */
export function connect(fake: FakeGar, options: Partial<GarRegistryOptions> = {}, http: Partial<HttpClientOptions> = {}): Registry {
  return createGarRegistry({
    name: 'prod',
    url: fake.url,
    location: LOCATION,
    http: testClient(http),
    credentials: async () => ({ username: 'oauth2accesstoken', password: OWNER.token }),
    clock: testClock(),
    ...options,
    env: {
      CLOUDSDK_API_ENDPOINT_OVERRIDES_ARTIFACTREGISTRY: fake.url,
      CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINERANALYSIS: fake.url,
      ...options.env,
    },
  });
}

/** What the adapter asks the fake through, for what does not depend on which deletions come close enough together for one request. */
export function connectClient(fake: FakeGar, options: Partial<GarClientOptions> = {}): GarClient {
  return new GarClient({
    name: 'prod',
    url: fake.url,
    endpoint: fake.url,
    analysisEndpoint: fake.url,
    place: { location: LOCATION },
    http: testClient(),
    tokens: { token: async () => OWNER.token, source: 'the test' },
    clock: testClock(),
    ...options,
  });
}

/** The calls by method and the end of their path: `GET dockerImages`, `DELETE tags/v1`. */
export function callsOf(fake: FakeGar): string[] {
  return fake.calls.map(
    ({ method, path }) =>
      `${method} ${path
        .replace(/^.*\/(?:packages\/[^/]+\/|repositories\/[^/]+\/|(?=repositories))/, '')
        .replace(/sha256(?::|%3A)[0-9a-f]{58}/, '…')
        .replace(/operations\/.*/, 'operations')}`,
  );
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
