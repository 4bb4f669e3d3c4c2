import { describe, expect, it } from 'vitest';
import { build, connect, failure, fakeNexus, HOSTED, push } from './nexus-fixture.ts';

describe('the Nexus repository of a name', () => {
  it('begins it where names are routed by their path', async () => {
    const nexus = await fakeNexus();
    push(nexus, build('one'), 'v1');
    expect((await connect(nexus).inventory('docker-hosted/team/app')).manifests).toHaveLength(1);
  });

  it('is told by the URL of the repository itself', async () => {
    const nexus = await fakeNexus();
    push(nexus, build('one'), 'v1');
    const registry = connect(nexus, { url: `${nexus.url}/repository/${HOSTED}` });
    expect((await registry.inventory('team/app')).manifests).toHaveLength(1);
    const names: string[] = [];
    for await (const name of registry.repositories()) names.push(name);
    expect(names).toEqual(['team/app']);
  });

  it.each([
    ['by the config', { hosted: HOSTED }],
    ['by the port that is set for it, where the account may see that', {}],
  ])('is that of a port for Docker clients: %s', async (_how, options) => {
    const nexus = await fakeNexus({ connectorFor: HOSTED });
    push(nexus, build('one'), 'v1');
    nexus.store.repository('other');
    const registry = connect(nexus, { url: nexus.connector!.url, api: nexus.url, ...options });
    expect((await registry.inventory('team/app')).manifests).toHaveLength(1);
    expect(nexus.connector!.requests.map(({ path }) => path).filter((path) => !path.startsWith('/v2/'))).toEqual([]);
  });

  it('is not guessed where nothing tells it', async () => {
    const nexus = await fakeNexus({ connectorFor: HOSTED });
    nexus.store.repository(HOSTED).httpPort = undefined;
    const registry = connect(nexus, { url: nexus.connector!.url, api: nexus.url });
    expect(await failure(registry.inventory('team/app'))).toMatchObject({
      code: 'CONFIG_INVALID',
      hint: 'Say it in the config, as "nexus.repository"; these credentials see docker-hosted.',
    });
  });

  it('cannot be asked for at a port for Docker clients, and the config is told what to say', async () => {
    const nexus = await fakeNexus({ connectorFor: HOSTED });
    const error = await failure(connect(nexus, { url: nexus.connector!.url }).inventory('team/app'));
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', exitCode: 3, hint: expect.stringContaining('repository: NAME') as string });
    expect(error.message).toContain('has no REST API');
  });

  it('is never a group or a proxy: the hosted member is named in its place', async () => {
    const nexus = await fakeNexus();
    push(nexus, build('one'), 'v1');
    nexus.store.repository('hub', { type: 'proxy' });
    nexus.store.repository('all', { type: 'group', members: ['hub', HOSTED] });
    const registry = connect(nexus);
    expect(await failure(registry.inventory('all/team/app'))).toMatchObject({
      code: 'USAGE',
      message: 'Nothing is planned for prod/all/team/app: all is a group, through which nothing is deleted.',
      hint: 'Name the hosted repository in its place: prod/docker-hosted/team/app.',
    });
    expect((await failure(registry.inventory('hub/library/nginx'))).message).toContain('hub is a proxy, which holds copies');
    expect(await failure(connect(nexus, { hosted: 'all' }).inventory('team/app'))).toMatchObject({
      hint: 'Name the hosted repository in its place: "nexus.repository: docker-hosted".',
    });
  });

  it('must be there', async () => {
    const nexus = await fakeNexus();
    push(nexus, build('one'), 'v1');
    const error = await failure(connect(nexus).inventory('team/app'));
    expect(error).toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('prod/team/app') as string });
    expect(error.hint).toContain('"nexus.repository"');
  });
});

it('takes tokens where Docker clients are given them', async () => {
  const nexus = await fakeNexus({ tokens: true });
  push(nexus, build('one'), 'v1');
  expect((await connect(nexus).inventory('docker-hosted/team/app')).complete).toBe(true);
});

it('tells every name under which runtimes pull an image: by path, port and subdomain, and through groups of groups', async () => {
  const nexus = await fakeNexus();
  push(nexus, build('one'), 'v1');
  nexus.store.repository(HOSTED).httpPort = 5000;
  nexus.store.repository('inner', { type: 'group', members: [HOSTED] });
  nexus.store.repository('all', { type: 'group', members: ['inner'] }).httpPort = 5001;
  nexus.store.repository('others', { type: 'group', members: [] }).httpPort = 5002;
  const { names } = await connect(nexus).inventory(`${HOSTED}/team/app`);
  expect(names).toEqual(
    ['127.0.0.1:5000/team/app', '127.0.0.1:5001/team/app', `${nexus.host}/all/team/app`, `${nexus.host}/inner/team/app`].toSorted(),
  );
});
