import { describe, expect, test } from 'vitest';
import { readManifestLinks } from '../../../src/domain/manifest-links.ts';

const [one, two] = [`sha256:${'1'.repeat(64)}`, `sha512:${'2'.repeat(128)}`];
const links = (value: unknown) => readManifestLinks(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));

describe('the links of a manifest', () => {
  test('are read by field, whatever its type says', () => {
    expect(links({ manifests: [{ digest: one }, { digest: two, size: 'wrong' }], subject: { digest: one } })).toEqual({
      children: [one, two],
      subject: one,
    });
    expect(links({ mediaType: 'application/vnd.oci.image.manifest.v1+json', manifests: [{ digest: one }] })).toEqual({ children: [one] });
  });

  test('tell which of what is listed is a blob, as in the caches of BuildKit', () => {
    const layer = { digest: one, mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd' };
    const image = { digest: two, mediaType: 'application/vnd.oci.image.manifest.v1+json' };
    expect(links({ manifests: [layer, image] })).toEqual({ children: [one, two], blobs: [one] });
  });

  test.each([{}, { manifests: null, subject: null }, { manifests: [] }])('%j has none', (manifest) => {
    expect(links(manifest)).toEqual({ children: [] });
  });

  test.each([
    'garbage',
    '\uFEFF{}',
    [],
    { manifests: {} },
    { manifests: [{ digest: one }, {}] },
    { manifests: [null] },
    { manifests: [{ digest: 'latest' }] },
    { manifests: [{ digest: one.toUpperCase() }] },
    { subject: one },
    { subject: {} },
    { subject: false },
  ])('of %j cannot be told, which is not the same', (manifest) => {
    expect(links(manifest)).toBeUndefined();
  });
});
