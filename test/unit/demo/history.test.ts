import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attachmentTag } from '../../../src/demo/attachments.ts';
import { type EmbeddedRegistry, startEmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import { type FilledHistory, fillHistory } from '../../../src/demo/history.ts';
import type { StoredManifest } from '../../../src/demo/registry-storage.ts';
import { DOCKER_LIST, OCI_INDEX } from '../../../src/domain/media-types.ts';
import { parseDigestTag } from '../../../src/domain/attachment.ts';
import type { Digest } from '../../../src/domain/digest.ts';
import { withRegistry } from './with-registry.ts';

const NOW = new Date('2026-03-01T12:00:00Z');
const DAY = 24 * 60 * 60 * 1000;

describe('the demo history', () => {
  let registry: EmbeddedRegistry;
  let filled: FilledHistory;
  beforeAll(async () => {
    registry = await startEmbeddedRegistry();
    filled = await fillHistory(registry, NOW);
  });
  afterAll(() => registry.close());

  const tagsOf = (name: string) => registry.storage.repository(name).tags;
  const ordinary = (name: string) => [...tagsOf(name).keys()].filter((tag) => parseDigestTag(tag) === undefined);
  const config = (manifest: StoredManifest) => JSON.parse(registry.storage.blobs.get(manifest.fields.blobs[0]!.digest)!.toString());
  const tagged = (name: string, tag: string) => registry.storage.repository(name).manifests.get(tagsOf(name).get(tag)!)!;
  const age = (manifest: StoredManifest) => (NOW.getTime() - Date.parse(config(manifest).created)) / DAY;

  it('has six repositories and some hundred tags, and says so', () => {
    expect([...registry.storage.repositories.keys()].sort()).toEqual([...filled.repositories]);
    expect(filled.repositories).toHaveLength(6);
    expect(filled.tags).toBeGreaterThan(300);
    expect([...registry.storage.repositories.values()].reduce((sum, { tags }) => sum + tags.size, 0)).toBe(filled.tags);
  });

  it('is the same for the same instant, and moves with it', async () => {
    const [same, later] = [await withRegistry(), await withRegistry()];
    await fillHistory(same, NOW);
    await fillHistory(later, new Date(NOW.getTime() + DAY));
    const digests = (one: EmbeddedRegistry) =>
      [...one.storage.repositories].flatMap(([name, { tags }]) => [...tags].map((tag) => [name, ...tag].join(' '))).sort();
    expect(digests(same)).toEqual(digests(registry));
    expect(digests(later)).not.toEqual(digests(registry));
  });

  it('team/api: releases for two platforms with signature and SBOM; floating tags share their digests', () => {
    const { tags, manifests } = registry.storage.repository('team/api');
    const releases = ordinary('team/api').filter((tag) => /^v\d+\.\d+\.\d+/.test(tag));
    expect(releases.length).toBeGreaterThan(30);
    for (const release of releases) {
      const digest = tags.get(release)!;
      expect(manifests.get(digest)?.fields.children).toHaveLength(2);
      expect(tags.has(attachmentTag(digest, 'sig'))).toBe(true);
      expect([...manifests.values()].filter(({ fields }) => fields.subject === digest)).toHaveLength(1);
    }
    for (const [floating, release] of [
      ['v1', 'v1.2.9'],
      ['v1.2', 'v1.2.9'],
      ['stable', 'v2.0.8'],
      ['latest', 'v2.1.4'],
      ['v2', 'v2.1.4'],
    ]) {
      expect(tags.get(floating!)).toBe(tags.get(release!));
    }
    const orphans = [...tags.keys()].filter((tag) => tag.endsWith('.sig') && !manifests.has(parseDigestTag(tag)!.key as Digest));
    expect(orphans).toHaveLength(2);
  });

  it('team/web: branch builds over months, promoted ones tagged again, one labelled to be kept', () => {
    const tags = ordinary('team/web');
    expect(tags.filter((tag) => /^main-[0-9a-f]{7}$/.test(tag))).toHaveLength(90);
    expect(tags.filter((tag) => /^feature-login-[0-9a-f]{7}$/.test(tag))).toHaveLength(14);
    const promoted = tags.filter((tag) => /^prod-\d{8}$/.test(tag));
    expect(promoted.length).toBeGreaterThan(8);
    for (const tag of promoted) {
      expect(
        tags.filter((other) => other.startsWith('main-') && tagsOf('team/web').get(other) === tagsOf('team/web').get(tag)),
      ).toHaveLength(1);
    }
    const kept = [...registry.storage.repository('team/web').manifests.values()].filter(
      (manifest) => config(manifest).config.Labels?.keep === 'true',
    );
    expect(kept).toHaveLength(1);
    expect(age(kept[0]!)).toBeGreaterThan(90);
  });

  it('team/worker: nightlies, each image with its attestation', () => {
    const nights = ordinary('team/worker').filter((tag) => /^nightly-\d{8}$/.test(tag));
    expect(nights).toHaveLength(30);
    expect(nights).toContain('nightly-20260301');
    for (const night of nights) {
      const index = tagged('team/worker', night);
      const children = JSON.parse(index.bytes.toString()).manifests as { annotations?: Record<string, string>; digest: string }[];
      expect([index.mediaType, children.length]).toEqual([OCI_INDEX, 4]);
      const attested = children
        .map(({ annotations }) => annotations?.['vnd.docker.reference.digest'])
        .filter((digest) => digest !== undefined);
      expect(attested).toEqual(children.slice(0, 2).map(({ digest }) => digest));
    }
  });

  it('base/node: Docker manifest lists under numbers', () => {
    const numbers = ordinary('base/node').filter((tag) => /^\d+$/.test(tag));
    expect(numbers).toHaveLength(30);
    for (const number of numbers) expect(tagged('base/node', number).mediaType).toBe(DOCKER_LIST);
  });

  it('tools/cli: build times that say nothing', () => {
    const created = new Set(ordinary('tools/cli').map((tag) => config(tagged('tools/cli', tag)).created));
    expect([...created].sort()).toEqual(['0001-01-01T00:00:00Z', '1970-01-01T00:00:00Z', '1980-01-01T00:00:01Z']);
  });

  it('charts/app: Helm charts', () => {
    const charts = ordinary('charts/app');
    expect(charts).toHaveLength(24);
    for (const chart of charts) expect(tagged('charts/app', chart).fields.artifactType).toBe('application/vnd.cncf.helm.config.v1+json');
  });

  it('runs images that are there; one is old and under no other tag', () => {
    for (const reference of filled.running) {
      const [name, tag] = reference.split(':') as [string, string];
      expect(tagsOf(name).has(tag)).toBe(true);
    }
    const [name, tag] = filled.running[0]!.split(':') as [string, string];
    expect(age(tagged(name, tag))).toBeGreaterThan(120);
    expect([...tagsOf(name).values()].filter((digest) => digest === tagsOf(name).get(tag))).toHaveLength(1);
  });
});
