import { expect, test } from 'vitest';
import {
  DOCKER_LIST,
  DOCKER_MANIFEST,
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
