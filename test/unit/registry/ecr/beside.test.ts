import { expect, it } from 'vitest';
import { OWNER } from '../../../fakes/ecr/fake-ecr.ts';
import { app, REPOSITORY, startEcr } from './ecr-fixture.ts';

const POLICY = {
  rules: [
    {
      rulePriority: 1,
      description: 'old builds',
      selection: { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 14 },
      action: { type: 'expire' },
    },
    {
      rulePriority: 2,
      selection: { tagStatus: 'tagged', tagPrefixList: ['main-'], countType: 'sinceImagePulled', countUnit: 'days', countNumber: 90 },
      action: { type: 'transition', targetStorageClass: 'archive' },
    },
  ],
};

it('tells the lifecycle policy of a repository, and that immutable tags can be deleted', async () => {
  const { fake, registry } = await startEcr();
  fake.push(REPOSITORY, app('one'), ['v1']);
  expect(await registry.beside!(REPOSITORY)).toEqual([
    { check: 'retention', state: 'ok', message: 'team/app has no lifecycle policy' },
    { check: 'immutable', state: 'ok', message: 'tags of team/app can be moved and deleted' },
  ]);

  Object.assign(fake.store.repository(REPOSITORY), { mutability: 'IMMUTABLE', lifecyclePolicy: JSON.stringify(POLICY) });
  expect(await registry.beside!(REPOSITORY)).toMatchObject([
    {
      check: 'retention',
      state: 'warning',
      message:
        'ECR itself acts in team/app by its lifecycle policy: rule 1 (old builds) deletes untagged images, sinceImagePushed 14; ' +
        'rule 2 archives tagged main-* images, sinceImagePulled 90',
      next: expect.stringContaining('aws ecr delete-lifecycle-policy --repository-name team/app') as string,
    },
    {
      check: 'immutable',
      state: 'warning',
      message: 'tags of team/app are IMMUTABLE: those that cannot be moved can be deleted all the same',
    },
  ]);
});

it('never says that there is none where it may not ask, nor of a repository that is not there', async () => {
  const may = (operation: string): boolean => operation.startsWith('DescribeImages');
  const { fake, registry } = await startEcr({ accounts: [{ ...OWNER, may }] });
  fake.push(REPOSITORY, app('one'), ['v1']);
  const found = await registry.beside!(REPOSITORY);
  expect(found.map(({ state, next }) => [state, /ecr:\w+/.exec(next ?? '')?.[0]])).toEqual([
    ['unknown', 'ecr:GetLifecyclePolicy'],
    ['unknown', 'ecr:DescribeRepositories'],
  ]);
  expect(found[0]?.message).toMatch(
    /^the lifecycle policy of prod\/team\/app could not be asked for, since: Amazon ECR answered AccessDenied/,
  );

  const { registry: owner } = await startEcr();
  expect((await owner.beside!('team/none')).map(({ state }) => state)).toEqual(['unknown', 'unknown']);
});
