import { describe, expect, it } from 'vitest';
import { image, layer } from '../../../src/demo/image.ts';
import type { RequestHook } from '../../../src/demo/registry-options.ts';
import { errorReply, jsonReply, type Reply } from '../../../src/demo/reply.ts';
import { createPing } from '../../../src/distribution/ping.ts';
import type { Registry } from '../../../src/registry/registry.ts';
import { testClient } from '../http/test-client.ts';
import { adapter, failure, fill, withServer } from './oci-fixture.ts';

const app = image({ layers: [layer('1', 10)] });

/** The answer to `/v2/` of a registry that wants a token. */
const demands = (realm: string, service: string): Reply =>
  errorReply('UNAUTHORIZED', [undefined], { 'www-authenticate': `Bearer realm="${realm}",service="${service}"` });

/** A registry with one image under two tags that answers `/v2/` without credentials like this, and other paths as `hook` says. */
async function answering(
  reply: Reply | undefined,
  hook: RequestHook = () => undefined,
): Promise<{ registry: Registry; requests: () => string[] }> {
  const { server } = await withServer({ referrersApi: false });
  await fill(server, [[app, 'v1', 'v2']]);
  server.onRequest((request) => {
    if (request.path === '/v2/' && reply && request.headers.authorization === undefined) return reply;
    return hook(request);
  });
  const registry = adapter(server.url, { ping: createPing(testClient(), server.url) });
  return { registry, requests: () => server.requests.map(({ method, path }) => `${method} ${path}`) };
}

/** The paths that were asked besides those of manifests, blobs and lists. */
const probes = (requests: string[]): string[] => requests.filter((line) => /\/v2\/$|_zot|n=/.test(line));

describe('single tags are taken off', () => {
  it('by GitLab, whose /v2/ says so', async () => {
    const features = { status: 200, headers: { 'gitlab-container-registry-features': 'other, tag_delete' }, body: '{}' };
    let asked = 0;
    const { registry, requests } = await answering(undefined, ({ path }) => {
      if (path !== '/v2/') return undefined;
      return (asked += 1) === 1 ? demands('https://gitlab.example.com/jwt/auth', 'container_registry') : features;
    });
    const { capabilities, notes } = await registry.inventory('team/app');
    expect(capabilities.deleteTag).toBe(true);
    expect(notes).toEqual([expect.stringContaining('Say "type: gitlab" in the config')]);
    expect(probes(requests())).toEqual(['GET /v2/', 'GET /v2/']);
  });

  it('not by a GitLab whose /v2/ does not say so', async () => {
    let asked = 0;
    const { registry } = await answering(undefined, ({ path }) =>
      path === '/v2/' && (asked += 1) === 1 ? demands('https://gitlab.example.com/jwt/auth', 'container_registry') : undefined,
    );
    expect((await registry.inventory('team/app')).capabilities.deleteTag).toBe(false);
  });

  it('by Gitea, of which it is known that undo can put nothing back', async () => {
    const { registry, requests } = await answering(demands('https://git.example.com/v2/token', 'container_registry'));
    expect(await registry.inventory('team/app')).toMatchObject({
      complete: true,
      capabilities: { deleteTag: true },
      notes: [expect.stringMatching(/^The registry prod is Gitea or Forgejo\. It frees what is deleted at once.*"type: gitea"/)],
    });
    expect(probes(requests())).toEqual(['GET /v2/']);
    await registry.checkDelete('team/app', { tags: true });
  });

  it.each([
    ['v2.1.2', true],
    ['v2.2.0', true],
    ['3.0.0', true],
    ['v1.9.9', false],
    ['v2.1.1', false],
    ['v2.1.2-rc3', false],
    ['', false],
    [undefined, false],
  ])('by zot %s: %s', async (releaseTag, expected) => {
    const { registry, requests } = await answering(undefined, ({ path }) => {
      if (path.endsWith('?n=none')) return { status: 400 };
      return path === '/v2/_zot/ext/mgmt' ? jsonReply(200, { distSpecVersion: '1.1.1', releaseTag }) : undefined;
    });
    expect((await registry.inventory('team/app')).capabilities.deleteTag).toBe(expected);
    expect(probes(requests())).toEqual(['GET /v2/', 'GET /v2/team/app/tags/list?n=none', 'GET /v2/_zot/ext/mgmt']);
  });

  it.each([
    ['tag or digest was not found in repository', true],
    ['unknown manifest', false],
  ])('by olareg, which pays no heed to a strange number, and is known by its words: %s', async (detail, expected) => {
    const { registry, requests } = await answering(undefined, ({ path }) => {
      if (path.endsWith('?n=none')) return jsonReply(200, { name: 'team/app', tags: ['v1'] }, { 'content-type': 'application/json' });
      return path.includes('regprune-check-')
        ? jsonReply(404, { errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown to registry', detail }] })
        : undefined;
    });
    expect((await registry.inventory('team/app')).capabilities.deleteTag).toBe(expected);
    expect(requests().filter((line) => line.includes('regprune-check-'))).toHaveLength(1);
  });

  it('not by a registry that refuses a strange number otherwise, and it is not asked for more', async () => {
    const { registry, requests } = await answering(undefined, ({ path }) =>
      path.endsWith('?n=none') ? jsonReply(400, { errors: [{ code: 'BAD_REQUEST' }] }) : undefined,
    );
    expect((await registry.inventory('team/app')).capabilities.deleteTag).toBe(false);
    expect(probes(requests())).toEqual(['GET /v2/', 'GET /v2/team/app/tags/list?n=none']);
  });
});

describe('a registry that deletes nothing over this API, or not safely,', () => {
  const quay = demands('https://quay.example.com/v2/auth', 'quay.example.com');

  it('is named by the inventory: Quay by the token server that it names', async () => {
    const { registry, requests } = await answering(quay);
    const { complete, capabilities, notes } = await registry.inventory('team/app');
    expect({ complete, deleteTag: capabilities.deleteTag }).toEqual({ complete: true, deleteTag: false });
    expect(notes).toEqual([
      expect.stringMatching(/^The registry prod is Quay\. A plan for it can be made, but not carried out: .*Quay's own API/),
    ]);
    expect(probes(requests())).toEqual(['GET /v2/']);
  });

  it('is refused before anything is sent to it', async () => {
    const { registry, requests } = await answering(quay);
    expect(await failure(registry.checkDelete('team/app', { tags: false }))).toMatchObject({
      code: 'DELETE_DISABLED',
      message: expect.stringMatching(/^Nothing is deleted in the registry prod: it is Quay, and its list of tags may be two minutes old/),
    });
    expect(requests()).toEqual(['GET /v2/']);
  });

  it.each([
    ['https://ghcr.io', "GitHub's container registry"],
    ['https://docker.io', 'Docker Hub'],
    ['https://index.docker.io', 'Docker Hub'],
    ['https://registry-1.docker.io', 'Docker Hub'],
    ['https://quay.io', 'Quay'],
  ])('is known by its host: %s', async (url, title) => {
    const registry = adapter(url, { ping: () => Promise.reject(new Error('nobody need ask')) });
    const error = await failure(registry.checkDelete('team/app', { tags: false }));
    expect(error).toMatchObject({ code: 'DELETE_DISABLED', message: expect.stringContaining(`it is ${title}, and `) });
    expect(`${error.message} ${error.hint}`).not.toContain('STORAGE_DELETE');
  });

  it('is not taken for another one where it cannot be asked: nothing is deleted then', async () => {
    const { registry } = await answering({ status: 500 });
    expect((await failure(registry.checkDelete('team/app', { tags: false }))).code).toBe('REGISTRY_ERROR');
    expect(await registry.inventory('team/app')).toMatchObject({ complete: true, capabilities: { deleteTag: false } });
  });
});
