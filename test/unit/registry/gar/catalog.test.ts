import { describe, expect, it } from 'vitest';
import { image, layer } from '../../../../src/demo/image.ts';
import type { RepositoriesOptions } from '../../../../src/registry/registry.ts';
import type { FakeGar } from '../../../fakes/gar/fake-gar.ts';
import { connect, failure, fakeGar } from './gar-fixture.ts';

const app = image({ layers: [layer('app', 100)], created: '2025-01-01T00:00:00Z' });

async function filled(): Promise<FakeGar> {
  const fake = await fakeGar({ maxPage: 2 });
  for (const name of [
    'my-project/images/app',
    'my-project/images/team/app',
    'my-project/images/team-b/app',
    'my-project/more/app',
    'other-project/images/app',
  ])
    fake.push(name, app, ['v1']);
  fake.repository('my-project/virtual').mode = 'VIRTUAL_REPOSITORY';
  fake.push('my-project/cache/library/nginx', app, ['1']);
  fake.repository('my-project/cache').mode = 'REMOTE_REPOSITORY';
  fake.push('my-project/gcr.io/legacy', app, ['1']);
  fake.repository('my-project/npm').format = 'NPM';
  return fake;
}

async function names(fake: FakeGar, options: RepositoriesOptions = {}, projects?: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for await (const name of connect(fake, projects && { projects }).repositories(options)) found.push(name);
  return found.toSorted();
}

describe('the images of Artifact Registry', () => {
  it('are those of the projects of the config, page by page', async () => {
    expect(await names(await filled(), {}, ['my-project', 'other-project'])).toEqual([
      'my-project/images/app',
      'my-project/images/team-b/app',
      'my-project/images/team/app',
      'my-project/more/app',
      'other-project/images/app',
    ]);
  });

  it('are those below a project, a repository or the beginning of a name', async () => {
    const fake = await filled();
    expect(await names(fake, { below: 'other-project' })).toEqual(['other-project/images/app']);
    expect(await names(fake, { below: 'my-project/more' })).toEqual(['my-project/more/app']);
    expect(await names(fake, { below: 'my-project/images/team' })).toEqual(['my-project/images/team/app']);
  });

  it('leave out virtual and remote repositories, and those that serve gcr.io, and say so', async () => {
    const fake = await filled();
    const said: string[] = [];
    await names(fake, { onSkipped: (message) => said.push(message) }, ['my-project']);
    expect(said.toSorted()).toEqual([
      expect.stringMatching(/^prod\/my-project\/cache caches the images of another registry/),
      expect.stringMatching(/^prod\/my-project\/gcr\.io serves the images of gcr\.io/),
      expect.stringMatching(/^prod\/my-project\/virtual is a virtual repository.* name it under "mirrors"/),
    ]);
    expect(await names(fake, { below: 'my-project/cache' })).toEqual(['my-project/cache/library/nginx']);
    expect(await names(fake, { below: 'my-project/virtual' })).toEqual([]);
  });

  it('take the project of the environment, and are not listed without one', async () => {
    const fake = await filled();
    const found: string[] = [];
    for await (const name of connect(fake, { env: { GOOGLE_CLOUD_PROJECT: 'other-project' } }).repositories()) found.push(name);
    expect(found).toEqual(['other-project/images/app']);
    expect(await failure(names(fake))).toMatchObject({ code: 'NOT_FOUND', hint: expect.stringContaining('gar.projects') as string });
  });

  it('at gcr.io are named without the repository', async () => {
    const fake = await fakeGar({ location: 'us', gcr: 'gcr.io' });
    fake.push('my-project/team/app', app, ['v1']);
    // The host decides; the address is that of the fake.
    const registry = connect(fake, { url: 'https://gcr.io', location: 'us' });
    const found: string[] = [];
    for await (const name of registry.repositories({ below: 'my-project' })) found.push(name);
    expect(found).toEqual(['my-project/team/app']);
    expect((await registry.inventory('my-project/team/app')).manifests).toHaveLength(1);
    expect(await registry.resolveTag('my-project/team/app', 'v1')).toBe(app.digest);
  });

  it('are refused where a part of the config contradicts another', async () => {
    const fake = await fakeGar();
    expect(() => connect(fake, { url: 'https://us-docker.pkg.dev', location: 'europe-west1' })).toThrow('is in us by its host');
    expect(() => connect(fake, { url: 'https://us-docker.pkg.dev/my-project' })).toThrow('goes on after its host');
    const { location: _location, ...rest } = { location: undefined };
    expect(() => connect(fake, { ...rest, url: 'https://registry.example.com', location: undefined as unknown as string })).toThrow(
      'does not tell its location',
    );
  });
});
