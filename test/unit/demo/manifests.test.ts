import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { attachmentTag } from '../../../src/demo/attachments.ts';
import { image, index, layer, type Pushable } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import { DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from '../../../src/domain/media-types.ts';
import { ask, outcome, withRegistry } from './with-registry.ts';

const amd64 = image({ layers: [layer('a', 64)], created: '2026-01-01T00:00:00Z' });
const arm64 = image({ layers: [layer('a', 64)], created: '2026-01-01T00:00:00Z', platform: 'linux/arm64' });
const both = index([amd64, arm64]);
const manifests = '/v2/team/app/manifests';
const missing = `sha256:${'0'.repeat(64)}`;

function put(registry: { url: string }, reference: string, { mediaType, bytes }: Pick<Pushable, 'mediaType' | 'bytes'>): Promise<string> {
  return outcome(registry, 'PUT', `${manifests}/${reference}`, { headers: { 'content-type': mediaType }, body: bytes });
}

describe('reading a manifest', () => {
  it('answers its bytes, type and digest, by tag and by digest', async () => {
    const registry = await withRegistry();
    await push(registry.url, 'team/app', both, ['v1']);
    for (const reference of ['v1', both.digest]) {
      const { status, headers, text } = await ask(registry, 'GET', `${manifests}/${reference}`);
      expect([status, text]).toEqual([200, both.bytes.toString()]);
      expect([headers.get('content-type'), headers.get('docker-content-digest')]).toEqual([OCI_INDEX, both.digest]);
      const head = await ask(registry, 'HEAD', `${manifests}/${reference}`);
      expect(head.status).toBe(200);
      expect([head.headers.get('content-length'), head.headers.get('docker-content-digest')]).toEqual([
        String(both.bytes.length),
        both.digest,
      ]);
    }
  });

  it('answers 304 to a client that has it', async () => {
    const registry = await withRegistry();
    await push(registry.url, 'team/app', amd64, ['v1']);
    expect(await outcome(registry, 'GET', `${manifests}/v1`, { headers: { 'if-none-match': `"${amd64.digest}"` } })).toBe('304');
  });

  it.each([
    ['an unknown tag', 'v2', '404 MANIFEST_UNKNOWN'],
    ['an unknown digest', missing, '404 MANIFEST_UNKNOWN'],
    ['a digest that is none', 'sha256:abc', '400 DIGEST_INVALID'],
    ['a tag that is none', '.hidden', '400 TAG_INVALID'],
  ])('answers %s with its code', async (_, reference, expected) => {
    const registry = await withRegistry();
    await push(registry.url, 'team/app', amd64, ['v1']);
    expect(await outcome(registry, 'GET', `${manifests}/${reference}`)).toBe(expected);
  });

  it('answers an unknown repository as an unknown manifest, and a name that is none as invalid', async () => {
    const registry = await withRegistry();
    expect(await outcome(registry, 'GET', '/v2/team/none/manifests/v1')).toBe('404 MANIFEST_UNKNOWN');
    expect(await outcome(registry, 'GET', '/v2/Team/App/manifests/v1')).toBe('400 NAME_INVALID');
  });

  it('hides an OCI index from a client that does not accept it, as distribution does', async () => {
    const registry = await withRegistry();
    await push(registry.url, 'team/app', both, ['v1']);
    const headers = { accept: `${OCI_MANIFEST}, */*` };
    const { status, code, text } = await ask(registry, 'GET', `${manifests}/v1`, { headers });
    expect([status, code]).toEqual([404, 'MANIFEST_UNKNOWN']);
    expect(text).toContain('accept header does not support OCI indexes');
  });

  it('hands out the linux/amd64 child of a Docker list to a client that does not accept lists, by tag alone', async () => {
    const registry = await withRegistry();
    const children = ['linux/arm64', 'linux/amd64'].map((platform) =>
      image({ layers: [layer('a', 64, 'docker')], platform, format: 'docker' }),
    );
    const list = index(children, { format: 'docker' });
    await push(registry.url, 'team/app', list, ['v1']);
    const headers = { accept: DOCKER_MANIFEST };
    expect((await ask(registry, 'HEAD', `${manifests}/v1`, { headers })).headers.get('docker-content-digest')).toBe(children[1]!.digest);
    const byDigest = await ask(registry, 'HEAD', `${manifests}/${list.digest}`, { headers });
    expect([byDigest.headers.get('content-type'), byDigest.headers.get('docker-content-digest')]).toEqual([DOCKER_LIST, list.digest]);
  });

  it('answers whatever is accepted with ignoreAccept, as zot does', async () => {
    const registry = await withRegistry({ ignoreAccept: true });
    await push(registry.url, 'team/app', both, ['v1']);
    expect(await outcome(registry, 'GET', `${manifests}/v1`, { headers: { accept: 'text/html' } })).toBe('200');
  });
});

describe('putting a manifest', () => {
  it('drops the one that its tag was on, if that has no other, with dropsOverwritten, as zot does', async () => {
    const registry = await withRegistry({ dropsOverwritten: true });
    await push(registry.url, 'team/app', amd64, ['v1', 'latest']);
    const there = (): boolean => registry.storage.repository('team/app').manifests.has(amd64.digest);
    await push(registry.url, 'team/app', arm64, ['v1']);
    expect(there()).toBe(true);
    await push(registry.url, 'team/app', arm64, ['latest']);
    expect(there()).toBe(false);
  });

  it('refuses one whose blobs or children are not in this repository, and names them', async () => {
    const registry = await withRegistry();
    await push(registry.url, 'team/other', both, ['v1']);
    const { status, json } = await ask(registry, 'PUT', `${manifests}/v1`, { headers: { 'content-type': OCI_INDEX }, body: both.bytes });
    expect(status).toBe(400);
    expect(json.errors.map((error) => [error.code, error.detail.digest])).toEqual(
      [amd64, arm64].map(({ digest }) => ['MANIFEST_BLOB_UNKNOWN', digest]),
    );
    expect(await put(registry, 'v1', amd64)).toBe('400 MANIFEST_BLOB_UNKNOWN');
    expect(await outcome(registry, 'GET', `${manifests}/v1`)).toBe('404 MANIFEST_UNKNOWN');
  });

  it('takes a subject that is not there, and says that it kept it', async () => {
    const registry = await withRegistry();
    await push(registry.url, 'team/app', amd64, []);
    const fields = JSON.parse(amd64.bytes.toString());
    const bytes = JSON.stringify({ ...fields, subject: { mediaType: OCI_MANIFEST, digest: missing, size: 1 } });
    const { status, headers } = await ask(registry, 'PUT', `${manifests}/v1`, { headers: { 'content-type': OCI_MANIFEST }, body: bytes });
    expect([status, headers.get('oci-subject')]).toEqual([201, missing]);
  });

  it('takes a layer that is stored elsewhere', async () => {
    const registry = await withRegistry();
    await push(registry.url, 'team/app', amd64, []);
    const fields = JSON.parse(amd64.bytes.toString());
    const mediaType = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
    fields.layers.push({ mediaType, digest: missing, size: 1, urls: ['https://example.com/layer'] });
    expect(await put(registry, 'v1', { mediaType: OCI_MANIFEST, bytes: Buffer.from(JSON.stringify(fields)) })).toBe('201');
  });

  it.each([
    ['that is not JSON', OCI_MANIFEST, '{', '400 MANIFEST_INVALID'],
    ['of no schema version', OCI_MANIFEST, '{}', '400 MANIFEST_INVALID'],
    ['without config', OCI_MANIFEST, '{"schemaVersion":2,"layers":[]}', '400 MANIFEST_INVALID'],
    ['of a type that nobody knows', 'text/plain', '{"schemaVersion":2}', '400 MANIFEST_INVALID'],
    ['that names another type', OCI_INDEX, `{"schemaVersion":2,"mediaType":"${DOCKER_LIST}","manifests":[]}`, '400 MANIFEST_INVALID'],
    ['over 4 MiB', OCI_INDEX, `{"schemaVersion":2,"manifests":[]${' '.repeat(4 * 1024 * 1024)}}`, '413 SIZE_INVALID'],
  ])('refuses a manifest %s', async (_, mediaType, text, expected) => {
    const registry = await withRegistry();
    expect(await put(registry, 'v1', { mediaType, bytes: Buffer.from(text) })).toBe(expected);
  });

  it('checks the digest that it is put under, sha512 too', async () => {
    const registry = await withRegistry();
    await push(registry.url, 'team/app', amd64, []);
    const sha512 = `sha512:${createHash('sha512').update(amd64.bytes).digest('hex')}`;
    expect(await put(registry, missing, amd64)).toBe('400 DIGEST_INVALID');
    expect(await put(registry, sha512, amd64)).toBe('201');
    expect((await ask(registry, 'GET', `${manifests}/${sha512}`)).text).toBe(amd64.bytes.toString());
  });

  it('moves a tag', async () => {
    const registry = await withRegistry();
    await push(registry.url, 'team/app', amd64, ['v1']);
    await push(registry.url, 'team/app', both, ['v1']);
    expect((await ask(registry, 'HEAD', `${manifests}/v1`)).headers.get('docker-content-digest')).toBe(both.digest);
    expect(await outcome(registry, 'HEAD', `${manifests}/${amd64.digest}`)).toBe('200');
  });
});

describe('deleting a manifest', () => {
  it('by tag takes that tag alone', async () => {
    const registry = await withRegistry();
    await push(registry.url, 'team/app', amd64, ['v1', 'latest']);
    expect(await outcome(registry, 'DELETE', `${manifests}/v1`)).toBe('202');
    expect([...registry.storage.repository('team/app').tags]).toEqual([['latest', amd64.digest]]);
    expect(await outcome(registry, 'DELETE', `${manifests}/v1`)).toBe('404 MANIFEST_UNKNOWN');
  });

  it('by digest takes every tag on it', async () => {
    const registry = await withRegistry();
    await push(registry.url, 'team/app', amd64, ['v1', 'latest']);
    await push(registry.url, 'team/app', arm64, ['other']);
    expect(await outcome(registry, 'DELETE', `${manifests}/${amd64.digest}`)).toBe('202');
    expect([...registry.storage.repository('team/app').tags.keys()]).toEqual(['other']);
    expect(await outcome(registry, 'DELETE', `${manifests}/${amd64.digest}`)).toBe('404 MANIFEST_UNKNOWN');
  });

  it('takes a child out of its index, as distribution does', async () => {
    const registry = await withRegistry();
    await push(registry.url, 'team/app', both, ['v1']);
    expect(await outcome(registry, 'DELETE', `${manifests}/${arm64.digest}`)).toBe('202');
    expect(await outcome(registry, 'GET', `${manifests}/v1`)).toBe('200');
    expect(await outcome(registry, 'GET', `${manifests}/${arm64.digest}`)).toBe('404 MANIFEST_UNKNOWN');
  });

  it('leaves the blobs, so that it can be put back', async () => {
    const registry = await withRegistry();
    await push(registry.url, 'team/app', amd64, ['v1']);
    await ask(registry, 'DELETE', `${manifests}/${amd64.digest}`);
    expect(await put(registry, 'v1', amd64)).toBe('201');
  });

  it.each([
    ['off', { deleteEnabled: false }, '405 UNSUPPORTED', '405 UNSUPPORTED'],
    ['off but for tags, as distribution 3.0', { deleteEnabled: false, tagDelete: 'always' }, '202', '405 UNSUPPORTED'],
    ['by digest alone, as distribution 2.8', { tagDelete: 'unsupported' }, '400 DIGEST_INVALID', '202'],
  ] as const)('can be %s', async (_, options, byTag, byDigest) => {
    const registry = await withRegistry(options);
    await push(registry.url, 'team/app', amd64, ['v1', 'latest']);
    expect(await outcome(registry, 'DELETE', `${manifests}/v1`)).toBe(byTag);
    expect(await outcome(registry, 'DELETE', `${manifests}/${amd64.digest}`)).toBe(byDigest);
  });

  it('tells by a digest that is not there whether it is off', async () => {
    expect(await outcome(await withRegistry(), 'DELETE', `/v2/team/none/manifests/${missing}`)).toBe('404 MANIFEST_UNKNOWN');
    expect(await outcome(await withRegistry({ deleteEnabled: false }), 'DELETE', `/v2/team/none/manifests/${missing}`)).toBe(
      '405 UNSUPPORTED',
    );
  });
});

describe('garbage', () => {
  it('is what no manifest needs', async () => {
    const registry = await withRegistry();
    const other = image({ layers: [layer('a', 64), layer('b', 100)] });
    await push(registry.url, 'team/app', amd64, ['v1']);
    await push(registry.url, 'team/app', other, ['v2']);
    const before = registry.storage.blobBytes();
    expect(before.reachable).toBe(before.stored);
    await ask(registry, 'DELETE', `${manifests}/${other.digest}`);
    const after = registry.storage.blobBytes();
    expect(after).toEqual({ stored: before.stored, reachable: before.stored - 100 - other.bytes.length - other.blobs[0]!.bytes.length });
    registry.storage.collectGarbage();
    expect(registry.storage.blobBytes().stored).toBe(after.reachable);
    expect(await put(registry, 'v2', other)).toBe('400 MANIFEST_BLOB_UNKNOWN');
    expect(await put(registry, attachmentTag(amd64.digest), amd64)).toBe('201');
  });
});
