import { describe, expect, it } from 'vitest';
import { OWNER } from '../../../fakes/ecr/fake-ecr.ts';
import { app, REPOSITORY, startEcr } from './ecr-fixture.ts';

const DIGEST = app('one').digest;

describe('an error', () => {
  it.each([
    ['DescribeImages', 'ecr:DescribeImages', 'inventory'],
    ['DescribeImages', 'ecr:DescribeImages', 'listTags'],
    ['DescribeImages', 'ecr:DescribeImages', 'resolveTag'],
    ['BatchGetImage', 'ecr:BatchGetImage', 'readManifest'],
    ['BatchDeleteImage', 'ecr:BatchDeleteImage', 'checkDelete'],
    ['BatchDeleteImage', 'ecr:BatchDeleteImage', 'deleteManifest'],
    ['PutImage', 'ecr:PutImage', 'putManifest'],
  ] as const)('for lack of the permission for %s names the action %s and the repository: %s', async (denied, action, method) => {
    const { fake, registry } = await startEcr({ accounts: [{ ...OWNER, may: (operation) => operation !== denied }] });
    fake.push(REPOSITORY, app('one'), ['v1']);
    const { mediaType, bytes } = app('one');
    const calls = {
      inventory: () => registry.inventory(REPOSITORY),
      listTags: () => registry.listTags(REPOSITORY),
      resolveTag: () => registry.resolveTag(REPOSITORY, 'v1'),
      readManifest: () => registry.readManifest(REPOSITORY, DIGEST),
      checkDelete: () => registry.checkDelete(REPOSITORY, { tags: false }),
      deleteManifest: () => registry.deleteManifest(REPOSITORY, DIGEST),
      putManifest: () => registry.putManifest(REPOSITORY, { digest: DIGEST, mediaType, bytes }, 'v2'),
    };
    await expect(calls[method]()).rejects.toMatchObject({
      code: 'AUTH',
      message: expect.stringContaining(`prod/${REPOSITORY}`) as string,
      hint: expect.stringContaining(action) as string,
    });
  });

  it('for repositories that may not be listed names the action', async () => {
    const { registry } = await startEcr({ accounts: [{ ...OWNER, may: () => false }] });
    await expect(registry.repositories()[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'AUTH',
      hint: expect.stringContaining('ecr:DescribeRepositories') as string,
    });
  });

  it.each([
    ['a key that nobody knows', { accessKeyId: 'AKIANOBODY0000000000', secretAccessKey: 'nobody-knows-this-secret' }],
    ['a wrong secret', { ...OWNER, secretAccessKey: 'nobody-knows-this-secret' }],
  ])('for %s says so and keeps the secret', async (_what, credentials) => {
    const { fake, registry } = await startEcr({ registry: { credentials } });
    fake.push(REPOSITORY, app('one'), ['v1']);
    const error: Error & { hint?: string } = await registry.listTags(REPOSITORY).then(
      () => new Error('let in'),
      (caught: Error) => caught,
    );
    expect(error).toMatchObject({ code: 'AUTH', hint: expect.stringContaining('credentials') as string });
    expect([error.message, error.hint, error.stack, JSON.stringify(error.cause ?? '')].join('\n')).not.toContain(
      credentials.secretAccessKey,
    );
  });

  it('for a registry of another account, which the key may not use, is no "not found"', async () => {
    const { fake, registry } = await startEcr({ account: '999999999999' });
    fake.push(REPOSITORY, app('one'), ['v1']);
    await expect(registry.inventory(REPOSITORY)).rejects.toMatchObject({ code: 'AUTH' });
  });

  it('for a name that is none is made before anything is sent', async () => {
    const { registry, calls } = await startEcr();
    await expect(registry.listTags('../other')).rejects.toMatchObject({ code: 'USAGE' });
    await expect(registry.resolveTag(REPOSITORY, 'a b')).rejects.toMatchObject({ code: 'USAGE' });
    expect(calls('DescribeImages')).toEqual([]);
  });
});
