import { describe, expect, it } from 'vitest';
import { index } from '../../../../src/demo/image.ts';
import { makePlan } from '../../../../src/plan/make-plan.ts';
import { compilePolicy } from '../../../../src/policy/policy.ts';
import { asDigest } from '../../../digest.ts';
import { apply } from '../../apply/apply-fixture.ts';
import { app, REPOSITORY, startEcr } from './ecr-fixture.ts';

const ARCHIVING = compilePolicy(
  { name: 'archive', grace: '0s', rules: [{ name: 'old', tags: ['old'], keep: 'none', action: 'archive' }] },
  { source: 'test', digest: asDigest(`sha256:${'0'.repeat(64)}`) },
);

describe('the archive', () => {
  it('takes an image by digest, with its tags, and gives it back', async () => {
    const { fake, registry, calls } = await startEcr();
    fake.push(REPOSITORY, app('old'), ['old', 'older']);
    const { digest } = app('old');
    expect(await registry.archiveManifest!(REPOSITORY, digest)).toEqual({ outcome: 'archived' });
    expect(calls('UpdateImageStorageClass')).toMatchObject([{ imageId: { imageDigest: digest }, targetStorageClass: 'ARCHIVE' }]);
    expect((await registry.inventory(REPOSITORY)).manifests).toMatchObject([{ tags: ['old', 'older'], archived: true }]);
    expect(await registry.restoreManifest!(REPOSITORY, digest)).toBe(true);
    expect(fake.store.repository(REPOSITORY).images.get(digest)?.status).toBe('ACTIVATING');
  });

  it('tells when an image came out of it, which counts as a pull as it does for the rules of ECR itself', async () => {
    const { fake, registry } = await startEcr();
    fake.push(REPOSITORY, app('back'), ['back'], { pushedAt: '2025-01-01T00:00:00Z', pulledAt: '2025-02-01T00:00:00Z' });
    fake.store.repository(REPOSITORY).images.get(app('back').digest)!.activatedAt = Date.parse('2025-06-01T00:00:00Z');
    expect((await registry.inventory(REPOSITORY)).manifests).toMatchObject([
      { pushedAt: '2025-01-01T00:00:00.000Z', unarchivedAt: '2025-06-01T00:00:00.000Z', pulledAt: '2025-06-01T00:00:00.000Z' },
    ]);
  });

  it('keeps all tags of what is in it, whoever asks to take one off', async () => {
    const { fake, registry, calls } = await startEcr();
    fake.push(REPOSITORY, app('old'), ['old', 'older']);
    await registry.archiveManifest!(REPOSITORY, app('old').digest);
    expect(await registry.deleteTag(REPOSITORY, 'older', app('old').digest)).toMatchObject({
      outcome: 'locked',
      message: expect.stringContaining('in the archive') as string,
    });
    expect(calls('BatchDeleteImage')).toEqual([]);
  });

  it('gives nothing back that is not in there', async () => {
    const { fake, registry, calls } = await startEcr();
    fake.push(REPOSITORY, app('new'), ['new']);
    expect(await registry.restoreManifest!(REPOSITORY, app('new').digest)).toBe(false);
    expect(calls('UpdateImageStorageClass')).toEqual([]);
  });

  it('an image that is gone is gone, once DescribeImages says so too', async () => {
    const { fake, registry } = await startEcr();
    fake.push(REPOSITORY, app('new'), ['new']);
    expect(await registry.archiveManifest!(REPOSITORY, app('old').digest)).toEqual({ outcome: 'gone' });
    await expect(registry.archiveManifest!('team/none', app('old').digest)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('one that ECR does not archive is locked', async () => {
    const { fake, registry } = await startEcr();
    fake.push(REPOSITORY, app('new'), ['new']);
    fake.store.repository(REPOSITORY).images.get(app('new').digest)!.unarchivable = true;
    expect(await registry.archiveManifest!(REPOSITORY, app('new').digest)).toEqual({
      outcome: 'locked',
      message: expect.stringContaining('ImageStorageClassUpdateNotSupportedException') as string,
    });
  });

  it('is asked for its permission before the first image, which changes nothing', async () => {
    const { fake, registry } = await startEcr();
    fake.push(REPOSITORY, app('new'), ['new']);
    await registry.checkArchive!(REPOSITORY);
    expect(fake.store.repository(REPOSITORY).images.get(app('new').digest)?.status).toBe('ACTIVE');
    await expect(registry.checkArchive!('team/none')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is asked for anew only after another look: an image that got a tag while ECR put it off stays out', async () => {
    const { fake, registry } = await startEcr();
    const { digest } = app('old');
    fake.push(REPOSITORY, app('new'), ['new']);
    for (const meanwhile of [[], ['fresh']]) {
      fake.push(REPOSITORY, app('old'), ['old']);
      const now = Date.now() + 1;
      const repositories = [{ ...(await registry.inventory(REPOSITORY)), url: registry.url }];
      const inventory = { kind: 'Inventory' as const, formatVersion: '1.0', takenAt: new Date(now).toISOString(), repositories };
      const inUse = { images: [], problems: [], hosts: {} };
      const plan = makePlan(inventory, { policies: [ARCHIVING], inUse, now, createdAt: now, version: '0.0.0' });
      // The first call asks whether it may.
      fake.before('UpdateImageStorageClass', () =>
        fake.before('UpdateImageStorageClass', () => {
          fake.throttle(1);
          fake.push(REPOSITORY, app('old'), meanwhile);
        }),
      );
      const { counts } = await apply(plan, registry);
      const isFresh = meanwhile.length > 0;
      expect(counts).toMatchObject(isFresh ? { drifted: 1, archived: 0 } : { drifted: 0, archived: 1 });
      expect(fake.store.repository(REPOSITORY).images.get(digest)?.status).toBe(isFresh ? 'ACTIVE' : 'ARCHIVED');
      fake.store.repository(REPOSITORY).images.delete(digest);
    }
  });

  it('of an index whose images are in there, all can still be told', async () => {
    const { fake, registry } = await startEcr();
    const list = index([app('one'), app('two')]);
    for (const part of ['one', 'two']) fake.push(REPOSITORY, app(part), []);
    fake.push(REPOSITORY, list, ['list']);
    for (const part of ['one', 'two']) await registry.archiveManifest!(REPOSITORY, app(part).digest);
    const { complete, manifests } = await registry.inventory(REPOSITORY);
    expect(complete).toBe(true);
    expect(manifests.filter(({ archived }) => archived).length).toBe(2);
    expect(manifests.find(({ digest }) => digest === list.digest)?.children).toHaveLength(2);
  });
});
