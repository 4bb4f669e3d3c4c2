import { onTestFinished } from 'vitest';
import { image, layer, type Pushable } from '../../../../src/demo/image.ts';
import { createEcrRegistry, type EcrRegistryOptions } from '../../../../src/registry/ecr/create-registry.ts';
import type { Registry } from '../../../../src/registry/registry.ts';
import { type FakeEcr, type FakeEcrOptions, OWNER, startFakeEcr } from '../../../fakes/ecr/fake-ecr.ts';
import { testClient, testClock } from '../../http/test-client.ts';

export const REPOSITORY = 'team/app';
export const HOST = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';

export interface Fixture {
  readonly fake: FakeEcr;
  readonly registry: Registry;
  /** The calls of an operation since the last time that was asked. */
  calls(operation: string): readonly Readonly<Record<string, unknown>>[];
}

/** A fake ECR, stopped after the test, and the adapter for it. Its API's description is held against every call and answer. */
export async function startEcr(options: FakeEcrOptions & { readonly registry?: Partial<EcrRegistryOptions> } = {}): Promise<Fixture> {
  const fake = await startFakeEcr(options);
  onTestFinished(async () => {
    await fake.close();
    if (fake.violations.length > 0) throw new Error(`not by the API: ${fake.violations.slice(0, 5).join('; ')}`);
  });
  const registry = createEcrRegistry({
    name: 'prod',
    url: `https://${HOST}`,
    endpoint: fake.url,
    http: testClient(),
    credentials: OWNER,
    clock: testClock(),
    ...options.registry,
  });
  return {
    fake,
    registry,
    calls: (operation) => fake.calls.splice(0).flatMap((call) => (call.operation === operation ? [call.input] : [])),
  };
}

/** An image of its own. */
export function app(seed: string): Pushable {
  return image({ layers: [layer(seed, 100)] });
}

/** How many images, tags or manifests each call names. */
export function sizes(calls: readonly Readonly<Record<string, unknown>>[]): number[] {
  return calls.map(({ imageIds }) => (imageIds as readonly unknown[]).length);
}
