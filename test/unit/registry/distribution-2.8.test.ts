import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { attachmentTag, attestation, cosignSignature, sbom } from '../../../src/demo/attachments.ts';
import { image, index, layer } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import { startDistribution } from '../../e2e/servers/distribution.ts';
import { skipWithout } from '../../e2e/servers/server-binaries.ts';
import { buildCache } from './build-cache.ts';
import { adapter, failure, find, NOWHERE, withServer } from './oci-fixture.ts';

const created = '2024-03-01T12:00:00Z';
const amd = image({ layers: [layer('1', 10)], created, platform: 'linux/amd64', labels: { a: 'b' } });
const arm = image({ layers: [layer('2', 10)], created, platform: 'linux/arm64', format: 'docker' });
const list = index([image({ layers: [layer('3', 10)], created, format: 'docker' })], { format: 'docker' });
const multi = index([amd, arm, attestation(amd)]);
const contents = [
  [amd, ['v1', 'v2']],
  [multi, ['multi']],
  [list, ['list']],
  [cosignSignature(amd), [attachmentTag(amd.digest, 'sig')]],
  [sbom(amd, created), []],
] as const;

async function start({ deleteEnabled = true } = {}): Promise<string> {
  const server = await startDistribution({ version: 2, deleteEnabled });
  onTestFinished(() => server.stop());
  return server.url;
}

describe.skipIf(skipWithout('docker-registry'))('a real docker-registry 2.8', () => {
  it('has the same inventory as the embedded one that behaves like it', async () => {
    const url = await start();
    const { server, registry: embedded } = await withServer({ referrersApi: false, ignorePaging: true, tagDelete: 'unsupported' });
    for (const target of [url, server.url]) for (const [thing, tags] of contents) await push(target, 'team/app', thing, tags);
    const inventory = await adapter(url).inventory('team/app');
    expect(inventory).toMatchObject({ complete: true, capabilities: { deleteTag: false } });
    expect(inventory.manifests).toHaveLength(9);
    expect(inventory).toEqual(await embedded.inventory('team/app'));
  });

  it('loses a tag whose manifest is gone by the command that the inventory names', async () => {
    const server = await startDistribution({ version: 2, deleteEnabled: true });
    onTestFinished(() => server.stop());
    const registry = adapter(server.url);
    await push(registry.url, 'team/app', amd, ['v1']);
    await push(registry.url, 'team/app', list, ['v2']);
    const manifests = join(server.root, 'docker/registry/v2/repositories/team/app/_manifests');
    await rm(join(manifests, 'revisions/sha256', amd.digest.slice('sha256:'.length)), { recursive: true });
    const { complete, danglingTags, problems = [] } = await registry.inventory('team/app');
    expect({ complete, danglingTags }).toEqual({ complete: false, danglingTags: [{ tag: 'v1', digest: amd.digest }] });
    const [, folder = ''] = /where ROOT is its root directory: rm -r ROOT\/(\S+)$/.exec(problems.join()) ?? [];
    await rm(join(server.root, folder), { recursive: true });
    const mended = await registry.inventory('team/app');
    expect(mended.complete).toBe(true);
    expect(mended.manifests.flatMap(({ tags }) => tags)).toEqual(['v2']);
  });

  it('does not keep a repository from being read whole that holds a cache of BuildKit, whose layers it cannot serve as manifests', async () => {
    const registry = adapter(await start());
    const cache = buildCache('one', 'two');
    await push(registry.url, 'team/app', cache, ['cache']);
    await push(registry.url, 'team/app', amd, ['v1']);
    const inventory = await registry.inventory('team/app');
    expect(inventory).toMatchObject({ complete: true });
    expect(inventory.manifests.map(({ tags }) => tags).toSorted()).toEqual([['cache'], ['v1']]);
  });

  it('lists its repositories, and has an emptied one still', async () => {
    const registry = adapter(await start());
    for (const name of ['a', 'team/app', 'team-x']) await push(registry.url, name, amd, ['v1']);
    await registry.deleteManifest('a', amd.digest);
    const names: string[] = [];
    for await (const name of registry.repositories()) names.push(name);
    expect(names.toSorted()).toEqual(['a', 'team-x', 'team/app']);
    expect(await registry.inventory('a')).toMatchObject({ complete: true, manifests: [] });
    expect((await failure(registry.inventory('none'))).code).toBe('NOT_FOUND');
  });

  it('deletes manifests with all their tags, takes no single tag off, and takes manifests back', async () => {
    const registry = adapter(await start());
    await push(registry.url, 'team/app', amd, ['v1', 'v2']);
    await push(registry.url, 'team/app', list, ['v3']);
    await registry.checkDelete('team/app', { tags: false });
    expect(await failure(registry.checkDelete('team/app', { tags: true }))).toMatchObject({ code: 'NOT_APPLYABLE' });
    const raw = (await registry.readManifest('team/app', amd.digest))!;
    expect(await registry.deleteManifest('team/app', amd.digest)).toEqual({ outcome: 'deleted' });
    expect(await registry.deleteManifest('team/app', amd.digest)).toEqual({ outcome: 'gone' });
    expect(await registry.deleteManifest('team/app', NOWHERE)).toEqual({ outcome: 'gone' });
    expect(await registry.readManifest('team/app', amd.digest)).toBeUndefined();
    expect(await registry.resolveTag('team/app', 'v1')).toBeUndefined();
    expect(await registry.listTags('team/app')).toEqual(['v3']);
    await registry.putManifest('team/app', raw, 'v1');
    expect(await registry.resolveTag('team/app', 'v1')).toBe(amd.digest);
  });

  it('says that deletion is off, and how to switch it on', async () => {
    const registry = adapter(await start({ deleteEnabled: false }));
    await push(registry.url, 'team/app', amd, ['v1']);
    expect(await failure(registry.checkDelete('team/app', { tags: false }))).toMatchObject({
      code: 'DELETE_DISABLED',
      hint: expect.stringContaining('REGISTRY_STORAGE_DELETE_ENABLED=true'),
    });
  });

  it('has indexes whose children were deleted, as it never looks whether any index holds them', async () => {
    const registry = adapter(await start());
    await push(registry.url, 'team/app', amd, ['v1']);
    await push(registry.url, 'team/app', list, ['v2']);
    await push(registry.url, 'team/app', multi, ['v3']);
    await registry.deleteManifest('team/app', arm.digest);
    const inventory = await registry.inventory('team/app');
    expect(inventory.complete).toBe(true);
    expect(find(inventory, 'v3').children).toContain(arm.digest);
    expect(inventory.manifests.map(({ digest }) => digest)).not.toContain(arm.digest);
  });
});
