import { onTestFinished } from 'vitest';
import { createRegistryAuth } from '../../../../src/auth/create-registry-auth.ts';
import type { Credentials } from '../../../../src/auth/credentials.ts';
import { image, layer, type Pushable } from '../../../../src/demo/image.ts';
import { push } from '../../../../src/demo/push.ts';
import { ToolError } from '../../../../src/diagnostics/tool-error.ts';
import { createGiteaRegistry } from '../../../../src/registry/gitea/create-registry.ts';
import type { Registry } from '../../../../src/registry/registry.ts';
import type { FakeAccount } from '../../../fakes/gitea/accounts.ts';
import { type FakeGitea, startFakeGitea } from '../../../fakes/gitea/fake-gitea.ts';
import { testClient } from '../../http/test-client.ts';

export const APP = 'team/shop/web';
export const BOSS: FakeAccount = { name: 'boss', token: 'boss-token-0815', scopes: ['write:package'], owners: ['team'] };
export const READER: FakeAccount = { name: 'reader', token: 'reader-token-4711', scopes: ['read:package'], owners: ['team'] };

/** A fake that is closed after the test. */
export async function fakeGitea(pageSize = 50): Promise<FakeGitea> {
  const gitea = await startFakeGitea({ accounts: [BOSS, READER], pageSize });
  onTestFinished(() => gitea.close());
  return gitea;
}

/** Pushes an image or index under tags, or by its digest. */
export async function fill(gitea: FakeGitea, repository: string, thing: Pushable, ...tags: string[]): Promise<void> {
  await push(gitea, repository, thing, tags, { auth: { user: BOSS.name, password: BOSS.token } });
}

export function connect({ url }: FakeGitea, { name: username, token: password }: FakeAccount = BOSS): Registry {
  const known: Credentials = { username, password };
  const http = testClient();
  const credentials = async (): Promise<Credentials> => known;
  const auth = createRegistryAuth({ http, registry: 'prod', url, credentials });
  return createGiteaRegistry({ name: 'prod', url, http, send: (request, scopes) => auth.send(request, scopes), credentials });
}

export function build(seed: string): Pushable {
  return image({ layers: [layer(seed, 100)], created: '2025-01-01T00:00:00.000Z' });
}

/** The versions that are there, sorted. */
export function versionsIn({ store }: FakeGitea, repository = APP): string[] {
  return store
    .of(repository)
    .map(({ version }) => version)
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
