import { onTestFinished } from 'vitest';
import { image, layer, type Pushable } from '../../../../src/demo/image.ts';
import { ToolError } from '../../../../src/diagnostics/tool-error.ts';
import { createPing } from '../../../../src/distribution/ping.ts';
import { type AlibabaRegistryOptions, createAlibabaRegistry } from '../../../../src/registry/alibaba/create-registry.ts';
import type { Registry } from '../../../../src/registry/registry.ts';
import { type FakeAlibaba, type FakeAlibabaOptions, OWNER, startFakeAlibaba } from '../../../fakes/alibaba/fake-alibaba.ts';
import type { FakeAccount } from '../../../fakes/alibaba/signature.ts';
import { testClient, testClock } from '../../http/test-client.ts';

export const APP = 'team/app';

/** A fake that is closed after the test. */
export async function fakeAlibaba(options: FakeAlibabaOptions = {}): Promise<FakeAlibaba> {
  const alibaba = await startFakeAlibaba(options);
  onTestFinished(() => alibaba.close());
  return alibaba;
}

/** The adapter on a fake, as an account. */
export function connect({ url }: FakeAlibaba, options: Partial<AlibabaRegistryOptions> = {}, account: FakeAccount = OWNER): Registry {
  const http = testClient();
  const { may: _may, ...keys } = account;
  return createAlibabaRegistry({
    name: 'prod',
    url,
    http,
    endpoint: url,
    ping: createPing(http, url),
    credentials: async () => undefined,
    cloudCredentials: async () => keys,
    clock: testClock(),
    ...options,
  });
}

export function build(seed: string): Pushable {
  return image({ layers: [layer(seed, 100)], created: '2025-01-01T00:00:00.000Z' });
}

/** The operations that were asked for, without the login. */
export function operations({ requests }: FakeAlibaba): string[] {
  return requests.flatMap(({ headers }) => headers['x-acs-action'] ?? []).filter((operation) => operation !== 'GetAuthorizationToken');
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
