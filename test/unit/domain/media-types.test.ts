import { expect, test } from 'vitest';
import {
  DOCKER_LIST,
  DOCKER_MANIFEST,
  isBlobType,
  isIndexType,
  isSignatureType,
  MANIFEST_TYPES,
  OCI_INDEX,
  OCI_MANIFEST,
} from '../../../src/domain/media-types.ts';

test.each([
  [OCI_INDEX, true],
  [DOCKER_LIST, true],
  [OCI_MANIFEST, false],
  [DOCKER_MANIFEST, false],
  ['', false],
])('%s is an index: %s', (type, is) => {
  expect(isIndexType(type)).toBe(is);
});

test.each([
  ['application/vnd.oci.image.layer.v1.tar+gzip', true],
  ['application/vnd.oci.image.layer.nondistributable.v1.tar', true],
  ['application/vnd.oci.image.config.v1+json', true],
  ['application/vnd.docker.image.rootfs.diff.tar.gzip', true],
  ['application/vnd.docker.container.image.v1+json', true],
  ['application/vnd.buildkit.cacheconfig.v0', true],
  ...MANIFEST_TYPES.map((type) => [type, false] as const),
  ['application/octet-stream', false],
  ['', false],
] as const)('%s is the type of a blob: %s', (type, is) => {
  expect(isBlobType(type)).toBe(is);
});

test.each([
  ['application/vnd.dev.cosign.artifact.sig.v1+json', true],
  ['application/vnd.dev.sigstore.bundle.v0.3+json', true],
  ['application/vnd.dev.sigstore.bundle.v1+json', true],
  ['application/vnd.cncf.notary.signature', true],
  ['application/vnd.dev.cosign.artifact.sbom.v1+json', false],
  ['application/vnd.in-toto+json', false],
  ['application/vnd.cncf.notary.signature.v2', false],
  ['application/spdx+json', false],
])('%s is a signature: %s', (type, is) => {
  expect(isSignatureType(type)).toBe(is);
});

test('all kinds of manifests are accepted, each once', () => {
  expect(MANIFEST_TYPES).toEqual(expect.arrayContaining([OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST]));
  expect(new Set(MANIFEST_TYPES).size).toBe(MANIFEST_TYPES.length);
});
