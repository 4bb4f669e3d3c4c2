import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { DOCKER_MANIFEST, MANIFEST_TYPES, OCI_INDEX, OCI_MANIFEST } from '../../../src/domain/media-types.ts';
import { digestedBytes, contentDigest } from '../../../src/distribution/content-digest.ts';
import { createdTime } from '../../../src/distribution/created-time.ts';
import { readManifestDocument } from '../../../src/distribution/manifest-document.ts';
import { fill, find, NOWHERE, withServer } from './oci-fixture.ts';
import { asDigest } from '../../digest.ts';

const digest = (character: string) => `sha256:${character.repeat(64)}`;
const CONFIG = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digest('c'), size: 7 };
const read = (json: unknown, contentType = OCI_MANIFEST) => readManifestDocument(Buffer.from(JSON.stringify(json)), NOWHERE, contentType);
const ARTIFACT = 'application/vnd.oci.artifact.manifest.v1+json';
const SIGNED = 'application/vnd.docker.distribution.manifest.v1+prettyjws';
/** As a docker-registry 2.8 with compatibility.schema1 stored and served it. */
const SIGNED_DIGEST = asDigest('sha256:3290501baae5a8e672f44a6165bc343b7b94e83296b50fbcdd2080939ad3c449');
const signed = () => readFile(new URL('signed-manifest.json', import.meta.url));

describe('the type of a manifest', () => {
  const body = { schemaVersion: 2, config: CONFIG, layers: [] };

  it.each([
    ['is what it says itself', { ...body, mediaType: DOCKER_MANIFEST }, OCI_MANIFEST, DOCKER_MANIFEST],
    ['is what the registry says, where it is silent', body, `${OCI_MANIFEST}; charset=utf-8`, OCI_MANIFEST],
    ['is seen by its looks where nobody says', body, 'application/json', OCI_MANIFEST],
    ['is that of an index by its looks', { manifests: [] }, '', OCI_INDEX],
    ['is what the registry says where it claims to be something unheard of', { ...body, mediaType: 'a/b' }, OCI_MANIFEST, OCI_MANIFEST],
  ])('%s', (_, json, contentType, expected) => {
    expect(read(json, contentType).mediaType).toBe(expected);
  });

  it.each([
    [body, 'application/vnd.example+json'],
    [{ ...body, mediaType: 'application/vnd.example+json' }, 'application/json'],
    [{ layers: [] }, 'application/json'],
  ])('of %j as %s is not guessed', (json, contentType) => {
    expect(() => read(json, contentType)).toThrow('is not a type of manifests');
  });

  it.each(MANIFEST_TYPES.filter((type) => !/index|list/.test(type)))('%s may not list manifests', (type) => {
    expect(() => read({ ...body, manifests: [{ digest: NOWHERE, size: 1 }] }, type)).toThrow(
      'it lists manifests although it is not an index',
    );
  });

  it('may not be both: an index with a config', () => {
    expect(() => read({ manifests: [], config: CONFIG }, OCI_INDEX)).toThrow('it is an index and has a config');
  });
});

describe('what a manifest holds', () => {
  it('takes null for an empty list and for nothing, as Go writes them', () => {
    expect(read({ manifests: null, config: null, subject: null, annotations: null }, OCI_INDEX)).toMatchObject({ children: [] });
    expect(read({ config: CONFIG, layers: null }).parts).toEqual([{ digest: digest('c'), size: 7 }]);
  });

  it('takes digests of sha512', () => {
    const long = `sha512:${'a'.repeat(128)}`;
    expect(read({ manifests: [{ digest: long, size: 1 }], subject: { digest: long, size: 1 } }, OCI_INDEX)).toMatchObject({
      children: [{ digest: long }],
      subject: long,
    });
  });

  it('has the blobs of an artifact manifest, which was withdrawn and is still stored', () => {
    expect(
      read(
        { mediaType: ARTIFACT, artifactType: 'a/b', blobs: [{ digest: digest('b'), size: 3 }], subject: { digest: NOWHERE, size: 1 } },
        ARTIFACT,
      ),
    ).toMatchObject({
      parts: [{ digest: digest('b'), size: 3 }],
      artifactType: 'a/b',
      subject: NOWHERE,
    });
  });

  it.each([
    ['its own', { artifactType: 'a/b', config: { ...CONFIG, mediaType: 'c/d' } }, 'a/b'],
    ['that of its config', { config: { ...CONFIG, mediaType: 'c/d' } }, 'c/d'],
    ['none, of an image', { config: CONFIG }, undefined],
    ['none, of a Docker image', { config: { ...CONFIG, mediaType: 'application/vnd.docker.container.image.v1+json' } }, undefined],
  ])('has an artifact type: %s', (_, json, expected) => {
    expect(read(json).artifactType).toBe(expected);
  });

  it('knows attestations by their platform and by their annotation', () => {
    const child = { digest: NOWHERE, size: 1 };
    const { children } = read(
      {
        manifests: [
          { ...child, platform: { os: 'unknown', architecture: 'unknown' } },
          { ...child, annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } },
          { ...child, platform: { os: 'linux', architecture: 'arm', variant: 'v7' } },
          { ...child, platform: { os: 'linux' } },
        ],
      },
      OCI_INDEX,
    );
    expect(children.map(({ attestation, platform }) => [attestation, platform])).toEqual([
      [true, undefined],
      [true, undefined],
      [false, 'linux/arm/v7'],
      [false, undefined],
    ]);
  });

  it.each([
    ['manifests', { manifests: [{ digest: 'sha256:ABC', size: 1 }] }, OCI_INDEX],
    ['manifests', { manifests: [{ digest: NOWHERE }] }, OCI_INDEX],
    ['manifests', { manifests: [null] }, OCI_INDEX],
    ['subject', { config: CONFIG, subject: 'sha256:x' }, OCI_MANIFEST],
    ['layers', { config: CONFIG, layers: {} }, OCI_MANIFEST],
    ['config', { config: { digest: NOWHERE, size: 1.5 } }, OCI_MANIFEST],
  ])('is not understood with a bad field "%s": %j', (field, json, type) => {
    expect(() => read(json, type)).toThrow(`its field "${field}"`);
  });
});

describe('a schema 1 manifest', () => {
  it('has the digest of what was signed', async () => {
    const bytes = await signed();
    expect(contentDigest(digestedBytes(bytes, SIGNED)!)).toBe(SIGNED_DIGEST);
    expect(contentDigest(bytes)).not.toBe(SIGNED_DIGEST);
  });

  it.each(['{}', '{"signatures":[]}', '{"signatures":[{"protected":"e30"}]}', 'x'])(
    'without a signature that can be read has none: %s',
    (text) => {
      expect(digestedBytes(Buffer.from(text), SIGNED)).toBeUndefined();
    },
  );

  it('is read from the registry: the time, labels and platform of its newest layer, and no sizes', async () => {
    const { server, registry } = await withServer({ referrersApi: false });
    await fill(server, []);
    const repository = server.storage.repository('team/app');
    repository.manifests.set(SIGNED_DIGEST, { mediaType: SIGNED, bytes: await signed(), fields: { blobs: [], children: [] } });
    repository.tags.set('v1', SIGNED_DIGEST);
    repository.tagged = true;
    const inventory = await registry.inventory('team/app');
    expect(inventory.complete).toBe(true);
    const manifest = find(inventory, 'v1');
    expect(manifest).toEqual({
      digest: SIGNED_DIGEST,
      mediaType: SIGNED,
      size: (await signed()).length,
      tags: ['v1'],
      createdAt: '2015-05-05T05:05:05.000Z',
      children: [],
      labels: { keep: 'true' },
      platforms: ['linux/amd64'],
    });
    const raw = await registry.readManifest('team/app', SIGNED_DIGEST);
    expect(raw).toMatchObject({ digest: SIGNED_DIGEST, mediaType: SIGNED });
    expect(Buffer.from(raw!.bytes).equals(await signed())).toBe(true);
  });
});

describe('the time an image was built', () => {
  const CREATED = 'org.opencontainers.image.created';
  const [one, two, three, four] = ['2024-01-01T00:00:00Z', '2024-02-02T00:00:00Z', '2024-03-03T00:00:00Z', '2024-04-04T00:00:00Z'];
  const labels = { [CREATED]: three, 'org.label-schema.build-date': four };

  it.each([
    ['config, annotation, label, build date', { created: one, labels }, { [CREATED]: two }, one],
    ['annotation, label, build date', { labels }, { [CREATED]: two }, two],
    ['label, build date', { labels }, {}, three],
    ['build date', { labels: { 'org.label-schema.build-date': four } }, undefined, four],
    ['nothing', {}, {}, undefined],
    ['no config', undefined, { [CREATED]: two }, two],
    ['a config that says nonsense', { created: 'yesterday', labels }, {}, three],
    ['a config from before there were containers', { created: '1970-01-01T00:00:00Z', labels }, {}, '1970-01-01T00:00:00Z'],
  ])('is the first of %s', (_, config, annotations, expected) => {
    expect(createdTime(config, annotations)).toBe(expected === undefined ? undefined : new Date(expected).toISOString());
  });

  it.each([
    ['2024-01-01T02:00:00+02:00', '2024-01-01T00:00:00.000Z'],
    ['2024-01-01T00:00:00.123456789Z', '2024-01-01T00:00:00.123Z'],
    ['2024-01-01 00:00:00z', '2024-01-01T00:00:00.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['2024-01-01', undefined],
    ['2024-13-01T00:00:00Z', undefined],
    ['2024-01-01T00:00:00', undefined],
    ['1704067200', undefined],
    ['Mon, 01 Jan 2024 00:00:00 GMT', undefined],
  ])('%s is %s', (text, expected) => {
    expect(createdTime({ created: text }, undefined)).toBe(expected);
  });
});
