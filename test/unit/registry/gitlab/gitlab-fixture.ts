import { onTestFinished } from 'vitest';
import { createRegistryAuth } from '../../../../src/auth/create-registry-auth.ts';
import type { Credentials } from '../../../../src/auth/credentials.ts';
import { image, layer, type Pushable } from '../../../../src/demo/image.ts';
import { push } from '../../../../src/demo/push.ts';
import { ToolError } from '../../../../src/diagnostics/tool-error.ts';
import { createPing } from '../../../../src/distribution/ping.ts';
import { createGitlabRegistry, type GitlabRegistryOptions } from '../../../../src/registry/gitlab/create-registry.ts';
import type { Registry } from '../../../../src/registry/registry.ts';
import { type FakeAccount, MAINTAINER } from '../../../fakes/gitlab/accounts.ts';
import { type FakeGitlab, type FakeGitlabOptions, startFakeGitlab } from '../../../fakes/gitlab/fake-gitlab.ts';
import { testClient } from '../../http/test-client.ts';

/** A repository of the project `team/shop`. */
export const APP = 'team/shop/app';

/** A fake with the project `team/shop` that is closed after the test. */
export async function fakeGitlab(options: FakeGitlabOptions = {}): Promise<FakeGitlab> {
  const accounts = [MAINTAINER, ...(options.accounts ?? [])];
  const gitlab = await startFakeGitlab({ ...options, accounts });
  onTestFinished(() => gitlab.close());
  gitlab.store.addProject('team/shop');
  return gitlab;
}

/** Pushes an image or index under tags. */
export async function fill({ url }: FakeGitlab, repository: string, thing: Pushable, ...tags: string[]): Promise<void> {
  await push(url, repository, thing, tags, { auth: { user: 'any', password: MAINTAINER.token } });
}

/** The adapter on a fake, with a token. */
export function connect(
  { url }: FakeGitlab,
  { token, kind }: FakeAccount = MAINTAINER,
  options: Partial<GitlabRegistryOptions> = {},
): Registry {
  const known: Credentials = { username: kind === 'job' ? 'gitlab-ci-token' : 'any', password: token };
  const http = testClient();
  const credentials = async (): Promise<Credentials> => known;
  const ping = createPing(http, url);
  const auth = createRegistryAuth({ http, registry: 'prod', url, credentials, ping });
  return createGitlabRegistry({
    name: 'prod',
    url,
    http,
    ping,
    send: (request, scopes) => auth.send(request, scopes),
    credentials,
    ...options,
  });
}

export function build(seed: string): Pushable {
  return image({ layers: [layer(seed, 100)], created: '2025-01-01T00:00:00.000Z' });
}

/** The tags that are there, sorted. */
export function tagsIn({ store }: FakeGitlab, repository = APP): string[] {
  return [...store.registry.repository(repository).tags.keys()].toSorted();
}

/** What was asked of GitLab and of its registry, as `METHOD path`. */
export function asked({ requests, gitlab }: FakeGitlab): string[] {
  return [...gitlab.requests, ...requests].map(({ method, path }) => `${method} ${path}`);
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
