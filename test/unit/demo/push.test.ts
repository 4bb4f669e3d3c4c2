import { describe, expect, it } from 'vitest';
import { attachmentTag, attestation, cosignSignature, helmChart, sbom } from '../../../src/demo/attachments.ts';
import { artifact, image, index, layer } from '../../../src/demo/image.ts';
import { newPushSession, push } from '../../../src/demo/push.ts';
import { DOCKER_LIST, DOCKER_MANIFEST } from '../../../src/domain/media-types.ts';
import { parseDigestTag } from '../../../src/domain/attachment.ts';
import { ask, withRegistry } from './with-registry.ts';

const amd64 = image({ layers: [layer('base', 64), layer('app', 32)], created: '2026-01-01T00:00:00Z', labels: { keep: 'true' } });
const arm64 = image({ layers: [layer('base', 64)], platform: 'linux/arm64/v8' });
const parse = (thing: { bytes: Buffer }) => JSON.parse(thing.bytes.toString());

describe('what is pushed', () => {
  it('is the same for the same parts, and another for others', () => {
    expect(image({ layers: [layer('base', 64)] }).digest).toBe(image({ layers: [layer('base', 64)] }).digest);
    expect(layer('base', 64).digest).not.toBe(layer('other', 64).digest);
    expect(layer('base', 64).bytes).toHaveLength(64);
  });

  it('is an image with a config that says what it was told', () => {
    const config = JSON.parse(amd64.blobs[0]!.bytes.toString());
    expect(config).toMatchObject({
      created: '2026-01-01T00:00:00Z',
      os: 'linux',
      architecture: 'amd64',
      config: { Labels: { keep: 'true' } },
    });
    expect(JSON.parse(arm64.blobs[0]!.bytes.toString())).not.toHaveProperty('created');
    expect(parse(amd64).layers.map((one: { size: number }) => one.size)).toEqual([64, 32]);
  });

  it('is an index with platforms, and attestations of them', () => {
    const provenance = attestation(amd64);
    const { manifests } = parse(index([amd64, arm64, provenance]));
    expect(manifests.map((one: { platform: object }) => one.platform)).toEqual([
      { os: 'linux', architecture: 'amd64' },
      { os: 'linux', architecture: 'arm64', variant: 'v8' },
      { os: 'unknown', architecture: 'unknown' },
    ]);
    expect(manifests[2].annotations).toEqual({
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': amd64.digest,
    });
    expect(provenance.child.subject).toBeUndefined();
    expect(attestation(amd64, { subject: true }).child.subject).toBe(amd64.digest);
  });

  it('is of Docker types where asked', () => {
    const child = image({ layers: [layer('base', 64, 'docker')], format: 'docker' });
    const list = index([child], { format: 'docker' });
    expect([list.mediaType, parse(list).mediaType]).toEqual([DOCKER_LIST, DOCKER_LIST]);
    expect([child.mediaType, parse(child).mediaType]).toEqual([DOCKER_MANIFEST, DOCKER_MANIFEST]);
  });

  it('is an attachment by its tag or by its subject', () => {
    expect(parseDigestTag(attachmentTag(amd64.digest, 'sig'))).toEqual({ key: amd64.digest, suffix: 'sig' });
    expect(parseDigestTag(attachmentTag(amd64.digest))).toEqual({ key: amd64.digest, suffix: '' });
    expect(cosignSignature(amd64).subject).toBeUndefined();
    expect(parse(sbom(amd64, '2026-01-01T00:00:00Z')).subject).toEqual({
      mediaType: amd64.mediaType,
      digest: amd64.digest,
      size: amd64.bytes.length,
    });
  });

  it('is an artifact with an empty config, or a chart', () => {
    const empty = artifact({ artifactType: 'application/vnd.example' });
    expect(empty.artifactType).toBe('application/vnd.example');
    expect(parse(empty).config).toMatchObject({ mediaType: 'application/vnd.oci.empty.v1+json', size: 2 });
    expect(helmChart({ name: 'app', version: '1.0.0', created: '2026-01-01T00:00:00Z' }).artifactType).toBe(
      'application/vnd.cncf.helm.config.v1+json',
    );
  });
});

describe('push', () => {
  it('sends blobs, children and manifest, under each tag', async () => {
    const registry = await withRegistry();
    const both = index([amd64, arm64]);
    expect(await push(registry.url, 'team/app', both, ['v1', 'latest'])).toBe(both.digest);
    const { manifests, tags } = registry.storage.repository('team/app');
    expect([...manifests.keys()]).toEqual([amd64.digest, arm64.digest, both.digest]);
    expect([...tags]).toEqual([
      ['v1', both.digest],
      ['latest', both.digest],
    ]);
    expect(registry.requests.every(({ status }) => status === 201)).toBe(true);
  });

  it('sends nothing twice in one session, even side by side', async () => {
    const registry = await withRegistry();
    const options = { session: newPushSession() };
    await Promise.all([push(registry.url, 'team/app', amd64, ['v1'], options), push(registry.url, 'team/app', arm64, ['v2'], options)]);
    const uploads = registry.requests.filter(({ method }) => method === 'POST').map(({ path }) => path);
    expect(uploads).toHaveLength(4);
    expect(new Set(uploads).size).toBe(4);
  });

  it('uploads in two steps where the registry takes no blob at once', async () => {
    const registry = await withRegistry();
    registry.storage.repository('team/app').uploads.set('1', Buffer.alloc(0));
    const answer = { status: 202, headers: { location: '/v2/team/app/blobs/uploads/1?_state=x' } };
    const off = registry.onRequest(({ method }) => {
      if (method !== 'POST') return undefined;
      off();
      return answer;
    });
    await push(registry.url, 'team/app', arm64, ['v1']);
    expect(registry.requests.map(({ method, path }) => `${method} ${path}`)).toContain(
      `PUT /v2/team/app/blobs/uploads/1?_state=x&digest=${encodeURIComponent(arm64.blobs[0]!.digest)}`,
    );
    expect([...registry.storage.repository('team/app').tags.keys()]).toEqual(['v1']);
  });

  it('gets itself a token where one is asked for', async () => {
    const users = [{ name: 'ann', password: 's3cret', access: { 'team/app': ['pull', 'push'] } }];
    const registry = await withRegistry({ auth: { scheme: 'bearer', users } });
    const auth = { user: 'ann', password: 's3cret' };
    await push(registry.url, 'team/app', amd64, ['v1'], { auth });
    expect([...registry.storage.repository('team/app').tags.keys()]).toEqual(['v1']);
    await expect(push(registry.url, 'team/other', amd64, ['v1'], { auth })).rejects.toMatchObject({ code: 'REGISTRY_ERROR' });
  });

  it('leaves the fallback tag to a registry with the referrers API', async () => {
    const registry = await withRegistry();
    await push(registry.url, 'team/app', amd64, ['v1']);
    await push(registry.url, 'team/app', sbom(amd64, '2026-01-01T00:00:00Z'));
    expect((await ask(registry, 'GET', '/v2/team/app/tags/list')).json.tags).toEqual(['v1']);
  });

  it.each([true, false])('puts the same into a registry of this process without its network, referrers API: %s', async (referrersApi) => {
    const users = [{ name: 'ann', password: 's3cret', access: { 'team/app': ['pull', 'push'] } }];
    const options = { referrersApi, auth: { scheme: 'bearer', users } } as const;
    const [far, here] = [await withRegistry(options), await withRegistry(options)];
    const auth = { user: 'ann', password: 's3cret' };
    for (const target of [far.url, here])
      for (const thing of [index([amd64, arm64]), sbom(amd64, '2026-01-01T00:00:00Z')])
        await push(target, 'team/app', thing, ['v1'], { auth });
    expect(here.storage).toEqual(far.storage);
    expect(here.requests).toEqual([]);
    await expect(push(here, 'team/other', amd64, ['v1'], { auth })).rejects.toMatchObject({ code: 'REGISTRY_ERROR' });
  });

  it('says what the registry answered', async () => {
    const registry = await withRegistry({ before: ({ method }) => (method === 'PUT' ? { status: 507, body: 'disk full' } : undefined) });
    await expect(push(registry.url, 'team/app', amd64, ['v1'])).rejects.toThrow(
      `${registry.url} answered 507 to PUT /v2/team/app/manifests/v1: disk full`,
    );
  });
});
