import { describe, expect, it, onTestFinished } from 'vitest';
import { sbom } from '../../../../src/demo/attachments.ts';
import { index } from '../../../../src/demo/image.ts';
import { createEcrPublicRegistry } from '../../../../src/registry/ecr/create-public-registry.ts';
import type { Registry } from '../../../../src/registry/registry.ts';
import { ALIAS, type FakeEcr, OWNER, startFakeEcr } from '../../../fakes/ecr/fake-ecr.ts';
import { testClient, testClock } from '../../http/test-client.ts';
import { app } from './ecr-fixture.ts';

describe('ECR Public', () => {
  it("knows repositories by the alias of the account's registry and their name", async () => {
    const { fake, registry } = await startPublic();
    fake.push('team/app', app('one'), ['v1']);
    expect(await names(registry)).toEqual([`${ALIAS}/team/app`]);
    expect(await registry.listTags(`${ALIAS}/team/app`)).toEqual(['v1']);
  });

  it('knows them by their name alone where the alias is in the URL', async () => {
    const { fake, registry } = await startPublic(`/${ALIAS}`);
    fake.push('team/app', index([app('one')]), ['v1']);
    expect(await names(registry)).toEqual(['team/app']);
    const { complete, manifests } = await registry.inventory('team/app');
    expect(complete).toBe(true);
    expect(manifests.find(({ tags }) => tags.includes('v1'))?.children).toEqual([app('one').digest]);
    expect((await registry.readManifest('team/app', app('one').digest))?.mediaType).toBe(app('one').mediaType);
  });

  it('tells every name under which its images can be pulled, however it is called itself', async () => {
    for (const [path, repository] of [
      ['', `${ALIAS}/team/app`],
      [`/${ALIAS}`, 'team/app'],
    ] as const) {
      const { fake, registry } = await startPublic(path, { customAlias: 'contoso' });
      fake.push('team/app', app('one'), ['v1']);
      expect((await registry.inventory(repository)).names?.toSorted()).toEqual(
        [
          'ecr-public.aws.com/contoso/team/app',
          `ecr-public.aws.com/${ALIAS}/team/app`,
          'public.ecr.aws/contoso/team/app',
          `public.ecr.aws/${ALIAS}/team/app`,
        ].toSorted(),
      );
    }
  });

  it("says of somebody else's repository that it is not the account's, before it asks for it", async () => {
    const { fake, registry } = await startPublic();
    fake.push('team/app', app('one'), ['v1']);
    const calls = [
      () => registry.inventory('amazonlinux/amazonlinux'),
      () => registry.deleteManifest('docker/library', app('one').digest),
      () => registry.checkDelete('other/app', { tags: false }),
    ];
    for (const call of calls) {
      await expect(call()).rejects.toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining(ALIAS) as string });
    }
    await expect(registry.listTags('alone')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: expect.stringContaining('<alias>') as string,
    });
    expect(fake.calls.map(({ operation }) => operation)).toEqual(['DescribeRegistries']);
  });

  it('does not list what is attached to an image as such, so that it is read', async () => {
    const { fake, registry } = await startPublic();
    const image = app('one');
    fake.push('team/app', image, ['v1']);
    fake.push('team/app', sbom(image, '2025-01-01T00:00:00Z'));
    const { manifests } = await registry.inventory(`${ALIAS}/team/app`);
    expect(manifests.map(({ subject }) => subject).filter(Boolean)).toEqual([image.digest]);
    expect(fake.calls.find(({ operation }) => operation === 'DescribeImages')?.input).not.toHaveProperty('filter');
  });
});

async function names(registry: Registry): Promise<string[]> {
  const found: string[] = [];
  for await (const name of registry.repositories()) found.push(name);
  return found;
}

async function startPublic(path = '', options: { readonly customAlias?: string } = {}): Promise<{ fake: FakeEcr; registry: Registry }> {
  const fake = await startFakeEcr({ public: true, ...options });
  onTestFinished(async () => {
    await fake.close();
    expect(fake.violations).toEqual([]);
  });
  return {
    fake,
    registry: createEcrPublicRegistry({
      name: 'public',
      url: `${fake.url}${path}`,
      endpoint: fake.url,
      http: testClient(),
      credentials: OWNER,
      clock: testClock(),
    }),
  };
}
