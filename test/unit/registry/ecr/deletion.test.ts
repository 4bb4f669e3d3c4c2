import { describe, expect, it } from 'vitest';
import { index } from '../../../../src/demo/image.ts';
import { ToolError } from '../../../../src/diagnostics/tool-error.ts';
import { HostLimiter } from '../../../../src/http/host-limiter.ts';
import { deleteImages } from '../../../../src/registry/ecr/delete-images.ts';
import { EcrClient } from '../../../../src/registry/ecr/client.ts';
import type { Answered } from '../../../../src/registry/ecr/delete-images.ts';
import { settle } from '../../../../src/registry/ecr/deletion.ts';
import type { FakeEcr } from '../../../fakes/ecr/fake-ecr.ts';
import { partsOf } from '../../../fakes/ecr/store.ts';
import { app, REPOSITORY, sizes, startEcr } from './ecr-fixture.ts';
import { asDigest } from '../../../digest.ts';
import type { Digest } from '../../../../src/domain/digest.ts';

describe('deleting images', () => {
  it('that are asked for side by side takes one call for each hundred', async () => {
    const { fake, registry, calls } = await startEcr();
    const images = many(fake, 250);
    const outcomes = await Promise.all(images.map((digest) => registry.deleteManifest(REPOSITORY, digest)));
    expect(outcomes.every(({ outcome }) => outcome === 'deleted')).toBe(true);
    expect(sizes(calls('BatchDeleteImage'))).toEqual([100, 100, 50]);
    expect(fake.store.repository(REPOSITORY).images.size).toBe(0);
  });

  it('reads the answer one by one: what is gone, held or failed says nothing of the others', async () => {
    const { fake, registry, calls } = await startEcr();
    const child = app('child');
    fake.push(REPOSITORY, index([child]), ['list']);
    fake.push(REPOSITORY, app('one'), ['one']);
    const nowhere = asDigest(`sha256:${'0'.repeat(64)}`);
    const [deleted, gone, locked] = await Promise.all(
      [app('one').digest, nowhere, child.digest].map((digest) => registry.deleteManifest(REPOSITORY, digest)),
    );
    expect(deleted).toEqual({ outcome: 'deleted' });
    expect(gone).toEqual({ outcome: 'gone' });
    expect(locked).toMatchObject({ outcome: 'locked', message: expect.stringContaining(`prod/${REPOSITORY}@${child.digest}`) as string });
    expect(sizes(calls('BatchDeleteImage'))).toEqual([3]);
  });

  it('in different repositories goes in different calls', async () => {
    const { fake, registry, calls } = await startEcr();
    for (const repository of ['team/a', 'team/b']) fake.push(repository, app('one'), ['v1']);
    await Promise.all(['team/a', 'team/b'].map((repository) => registry.deleteManifest(repository, app('one').digest)));
    expect(calls('BatchDeleteImage').map(({ repositoryName }) => repositoryName)).toEqual(['team/a', 'team/b']);
  });

  it('is asked for once where ECR throttles, since what was looked at before does not hold after a wait', async () => {
    const { fake, registry, calls } = await startEcr();
    const images = many(fake, 5);
    fake.throttle(1);
    for (const asked of await Promise.allSettled(images.map((digest) => registry.deleteManifest(REPOSITORY, digest))))
      expect(asked).toMatchObject({ status: 'rejected', reason: { code: 'REGISTRY_ERROR', transient: true } });
    // The fake counts what it has carried out.
    expect(calls('BatchDeleteImage')).toEqual([]);
  });

  it('does not wait for a call that ECR has put off', async () => {
    const sent: string[] = [];
    const client = new EcrClient({
      name: 'prod',
      service: {
        prefix: 'ecr',
        title: 'Amazon ECR',
        send: (operation) => {
          sent.push(operation);
          return new Promise(() => {});
        },
      },
      limiter: new HostLimiter(1),
      identify: (repositoryName) => ({ repositoryName }),
    });
    void client.call({ operation: 'DescribeImages', doing: 'read the images' });
    void deleteImages(client, REPOSITORY, [{ imageTag: 'v1' }], 'delete an image');
    await new Promise(setImmediate);
    expect(sent).toEqual(['DescribeImages', 'BatchDeleteImage']);
  });

  it('finds out whether it can delete although ECR throttles', async () => {
    const { fake, registry } = await startEcr();
    many(fake, 1);
    fake.throttle(6);
    await registry.checkDelete(REPOSITORY, { tags: false });
  });

  it('looks at many images and tags in few calls, also where some are not there', async () => {
    const { fake, registry, calls } = await startEcr();
    const images = many(fake, 60);
    const found = await Promise.all([
      ...images.map((digest) => registry.tagsOf!(REPOSITORY, digest)),
      registry.resolveTag(REPOSITORY, 'nowhere'),
      registry.resolveTag(REPOSITORY, 'v7'),
    ]);
    expect(found.slice(0, 60)).toEqual(images.map((_, n) => [`v${n}`]));
    expect(found.slice(60)).toEqual([undefined, images[7]]);
    expect(calls('DescribeImages').length).toBeLessThanOrEqual(15);
  });
});

describe('what ECR answers for one image', () => {
  const client = new EcrClient({
    name: 'prod',
    service: { prefix: 'ecr', title: 'Amazon ECR', send: async () => ({}) },
    limiter: new HostLimiter(1),
    identify: (repositoryName) => ({ repositoryName }),
  });
  const refused = (code: string): Answered => ({ deleted: false, code, reason: 'for some reason' });
  const there = async (): Promise<boolean> => true;
  const gone = async (): Promise<boolean> => false;

  it.each([
    ['that it is deleted', { deleted: true, tags: [] }, there, { outcome: 'deleted' }],
    ['that it is not there, and it is not', refused('ImageNotFound'), gone, { outcome: 'gone' }],
    ['that it is not there, and it is', refused('ImageNotFound'), there, { error: { code: 'REGISTRY_ERROR' } }],
    ['nothing, and it is not there any more', undefined, gone, { outcome: 'deleted' }],
    ['nothing, and it is there', undefined, there, { error: { code: 'REGISTRY_ERROR' } }],
    ['that an index holds it', refused('ImageReferencedByManifestList'), there, { outcome: 'locked' }],
    [
      'that its key is not to be had',
      refused('KmsError'),
      there,
      { error: { code: 'REGISTRY_ERROR', hint: expect.stringContaining('KMS') as string } },
    ],
    [
      'something new',
      refused('ImageOnHoliday'),
      gone,
      { error: { code: 'REGISTRY_ERROR', message: expect.stringContaining('ImageOnHoliday') as string } },
    ],
  ] as const)('means what it says and no more: %s', async (_what, answered, isThere, expected) => {
    expect(await settle(client, { doing: 'delete the image prod/team/app:v1', answered, isThere })).toMatchObject(expected);
  });

  it('is an error where whether it is there cannot be told', async () => {
    const error = new ToolError('AUTH', 'may not look', { hint: 'ask' });
    expect(await settle(client, { doing: 'delete it', answered: refused('ImageNotFound'), isThere: () => Promise.reject(error) })).toEqual({
      error,
    });
  });
});

describe('taking tags off', () => {
  it('never takes the last one, with which ECR would delete the image', async () => {
    const { fake, registry, calls } = await startEcr();
    fake.push(REPOSITORY, app('one'), ['v1']);
    expect(await registry.deleteTag(REPOSITORY, 'v1', app('one').digest)).toMatchObject({
      outcome: 'locked',
      message: expect.stringContaining('last tag') as string,
    });
    expect(calls('BatchDeleteImage')).toEqual([]);
    expect(tagsIn(fake)).toEqual(['v1']);
  });

  it('leaves one tag of each image also where all are asked for at once', async () => {
    const { fake, registry } = await startEcr();
    fake.push(REPOSITORY, app('one'), ['v1', 'v2', 'v3']);
    const outcomes = await Promise.all(['v1', 'v2', 'v3'].map((tag) => registry.deleteTag(REPOSITORY, tag, app('one').digest)));
    expect(outcomes.map(({ outcome }) => outcome).toSorted()).toEqual(['deleted', 'deleted', 'locked']);
    expect(tagsIn(fake)).toHaveLength(1);
  });

  it('leaves one also where the other is asked for while the first is being taken off', async () => {
    const { fake, registry } = await startEcr();
    fake.push(REPOSITORY, app('one'), ['v1', 'v2']);
    let second: Promise<unknown> = Promise.resolve();
    fake.before('BatchDeleteImage', async () => {
      second = registry.deleteTag(REPOSITORY, 'v2', app('one').digest);
      await new Promise((resolve) => setTimeout(resolve, 100));
    });
    expect(await registry.deleteTag(REPOSITORY, 'v1', app('one').digest)).toEqual({ outcome: 'deleted' });
    expect(await second).toMatchObject({ outcome: 'locked' });
    expect(tagsIn(fake)).toEqual(['v2']);
  });

  it('asks by the tag alone: with its digest, an image may be deleted', async () => {
    const { fake, registry, calls } = await startEcr();
    fake.push(REPOSITORY, app('one'), ['v1', 'latest']);
    expect(await registry.deleteTag(REPOSITORY, 'latest', app('one').digest)).toEqual({ outcome: 'deleted' });
    expect(calls('BatchDeleteImage').map(({ imageIds }) => imageIds)).toEqual([[{ imageTag: 'latest' }]]);
    expect(tagsIn(fake)).toEqual(['v1']);
  });

  it('leaves a tag that was moved where it is', async () => {
    const { fake, registry, calls } = await startEcr();
    fake.push(REPOSITORY, app('one'), ['v1']);
    fake.push(REPOSITORY, app('two'), ['v2', 'latest']);
    expect(await registry.deleteTag(REPOSITORY, 'latest', app('one').digest)).toMatchObject({
      outcome: 'drifted',
      message: expect.stringContaining(app('two').digest) as string,
    });
    expect(calls('BatchDeleteImage')).toEqual([]);
  });

  it('sets a tag again that was moved at the very moment, or says that its image is gone', async () => {
    const { fake, registry } = await startEcr();
    fake.push(REPOSITORY, app('one'), ['v1', 'latest']);
    fake.push(REPOSITORY, app('two'), ['v2']);
    fake.before('BatchDeleteImage', () => fake.push(REPOSITORY, app('two'), ['latest']));
    expect(await registry.deleteTag(REPOSITORY, 'latest', app('one').digest)).toMatchObject({
      outcome: 'drifted',
      message: expect.stringContaining(app('two').digest) as string,
    });
    expect([...fake.store.repository(REPOSITORY).images.get(app('two').digest)!.tags]).toEqual(['v2', 'latest']);

    fake.push(REPOSITORY, app('one'), ['latest']);
    fake.before('BatchDeleteImage', () => fake.push(REPOSITORY, app('three'), ['latest']));
    await expect(registry.deleteTag(REPOSITORY, 'latest', app('one').digest)).rejects.toMatchObject({
      code: 'REGISTRY_ERROR',
      message: expect.stringContaining(app('three').digest) as string,
      hint: expect.stringContaining('again') as string,
    });
  });

  it('takes one call for many tags of many images', async () => {
    const { fake, registry, calls } = await startEcr();
    const images = many(fake, 20);
    for (let n = 0; n < 20; n++) fake.push(REPOSITORY, app(`image ${n}`), [`extra-${n}`]);
    await Promise.all(images.map((digest, n) => registry.deleteTag(REPOSITORY, `extra-${n}`, digest)));
    expect(sizes(calls('BatchDeleteImage'))).toEqual([20]);
    expect(tagsIn(fake)).toHaveLength(20);
  });
});

describe('putting back', () => {
  it('says so where ECR has removed the layers for good', async () => {
    const { fake, registry } = await startEcr();
    fake.push(REPOSITORY, app('one'), ['v1']);
    const manifest = (await registry.readManifest(REPOSITORY, app('one').digest))!;
    await registry.deleteManifest(REPOSITORY, manifest.digest);
    fake.store.repository(REPOSITORY).layers.clear();
    await expect(registry.putManifest(REPOSITORY, manifest, 'v1')).rejects.toMatchObject({
      code: 'REGISTRY_ERROR',
      message: expect.stringContaining('BLOB_UNKNOWN') as string,
    });
  });

  it('can be told beforehand: which layers are there takes one call for all that are asked about at a time', async () => {
    const { fake, registry, calls } = await startEcr();
    fake.push(REPOSITORY, app('one'), ['v1']);
    const parts = [...partsOf(app('one').bytes).layers];
    const lost = parts[0]!;
    fake.store.repository(REPOSITORY).layers.delete(lost);
    const there = await Promise.all(parts.map((digest) => registry.hasBlob!(REPOSITORY, digest)));
    expect(there).toEqual(parts.map((digest) => digest !== lost));
    expect(calls('BatchCheckLayerAvailability')).toMatchObject([{ layerDigests: parts }]);
    await expect(registry.hasBlob!('team/none', lost)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('does not move a tag of an immutable repository', async () => {
    const { fake, registry } = await startEcr();
    fake.push(REPOSITORY, app('one'), ['v1']);
    fake.push(REPOSITORY, app('two'), ['v2']);
    fake.store.repository(REPOSITORY).mutability = 'IMMUTABLE';
    const manifest = (await registry.readManifest(REPOSITORY, app('one').digest))!;
    await registry.putManifest(REPOSITORY, manifest, 'v1');
    await expect(registry.putManifest(REPOSITORY, manifest, 'v2')).rejects.toMatchObject({
      code: 'REGISTRY_ERROR',
      message: expect.stringContaining('immutable') as string,
    });
  });
});

/** Images with the tags v0, v1 and so on. */
function many(fake: FakeEcr, count: number): Digest[] {
  return Array.from({ length: count }, (_, n) => {
    fake.push(REPOSITORY, app(`image ${n}`), [`v${n}`]);
    return app(`image ${n}`).digest;
  });
}

function tagsIn(fake: FakeEcr): string[] {
  return [...fake.store.repository(REPOSITORY).images.values()].flatMap(({ tags }) => [...tags]).toSorted();
}
