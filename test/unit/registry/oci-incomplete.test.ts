import { describe, expect, it } from 'vitest';
import { attachmentTag, cosignSignature, sbom } from '../../../src/demo/attachments.ts';
import { content, image, index, layer, type Pushable } from '../../../src/demo/image.ts';
import type { Fault, RequestHook } from '../../../src/demo/registry-options.ts';
import { errorReply } from '../../../src/demo/reply.ts';
import { ToolError } from '../../../src/diagnostics/tool-error.ts';
import { OCI_INDEX, OCI_MANIFEST } from '../../../src/domain/media-types.ts';
import { adapter, asked, cacheFolder, failure, fill, find, NOWHERE, openCache, withServer } from './oci-fixture.ts';

const created = '2024-03-01T12:00:00Z';
const app = image({ layers: [layer('1', 10)], created });
const other = image({ layers: [layer('2', 10)], created });
const multi = index([app]);
const bill = sbom(other, created);

/** That fault for every path that ends so. */
const when =
  (end: string, fault: Fault): RequestHook =>
  ({ path }) =>
    path.endsWith(end) ? fault : undefined;
const sent = (body: string | Buffer, headers: Record<string, string> = {}): Fault => ({
  status: 200,
  headers: { 'content-type': OCI_MANIFEST, ...headers },
  body,
});

/** A manifest of any content under a tag, past all checks of the server. */
function plant(server: Awaited<ReturnType<typeof withServer>>['server'], tag: string, bytes: string, mediaType = OCI_MANIFEST): string {
  const { digest, bytes: buffer } = content(mediaType, bytes);
  const repository = server.storage.repository('team/app');
  repository.manifests.set(digest, { mediaType, bytes: buffer, fields: { blobs: [], children: [] } });
  repository.tags.set(tag, digest);
  repository.tagged = true;
  return digest;
}

describe('a repository is incomplete, and says why,', () => {
  it.each<[string, Fault, RegExp]>([
    [
      'cannot be read',
      errorReply('UNKNOWN'),
      /^Cannot read the image prod\/team\/app:v1: the registry answered status 500, UNKNOWN: unknown error\.$/,
    ],
    [
      'is hidden by the Accept header',
      errorReply('MANIFEST_UNKNOWN', [{ message: 'OCI index found, but accept header does not support OCI indexes' }]),
      /accept header/,
    ],
    ['gets a 404 that is no answer of a registry', { status: 404, body: '404 page not found' }, /status 404, 404 page not found/],
    ['gets a 404 of the repository', errorReply('NAME_UNKNOWN'), /NAME_UNKNOWN/],
    ['may not be read', errorReply('UNAUTHORIZED'), /answered status 401/],
    [
      'has other bytes than its digest',
      (reply) => ({ ...reply, body: `${String(reply.body)} ` }),
      /has the digest sha256:[0-9a-f]{64} and not sha256:/,
    ],
    [
      'has a digest that is none',
      (reply) => ({ ...reply, headers: { ...reply.headers, 'docker-content-digest': 'sha256:abc' } }),
      /"sha256:abc", which is not a digest/,
    ],
    ['is not JSON', sent('garbage'), /it is not a JSON object/],
    ['is a list', sent('[]'), /it is not a JSON object/],
    [
      'is of an unknown type',
      sent('{}', { 'content-type': 'application/vnd.example+json' }),
      /its type "application\/vnd.example\+json" is not a type of manifests/,
    ],
    [
      'is an index without children',
      sent('{"schemaVersion":2}', { 'content-type': OCI_INDEX }),
      /it is an index without a list of manifests/,
    ],
    [
      'is an image that lists manifests',
      sent(`{"manifests":[{"digest":"${NOWHERE}","size":1}]}`),
      /it lists manifests although it is not an index/,
    ],
    ['has a config without a digest', sent('{"config":{"digest":"x","size":1}}'), /its field "config" has no valid digest/],
    ['has a layer without a size', sent(`{"layers":[{"digest":"${NOWHERE}","size":-1}]}`), /its field "layers" has no valid size/],
    ['is too long', sent(Buffer.alloc(5 * 1024 * 1024 + 1, ' ')), /longer than \d+ bytes/],
    ['is cut short', 'truncate', /cut short|was cut/],
    ['gets no answer', 'reset', /the connection was cut/],
  ])('where a tag %s', async (_, fault, why) => {
    const { server, registry } = await withServer({ referrersApi: false });
    await fill(server, [
      [app, 'v1'],
      [other, 'v2'],
    ]);
    server.onRequest(when('/manifests/v1', fault));
    const inventory = await registry.inventory('team/app');
    expect(inventory.complete).toBe(false);
    expect(inventory.problems).toEqual([expect.stringMatching(why)]);
    expect(inventory.problems![0]).toMatch(/team\/app/);
    expect(inventory.manifests.map(({ digest }) => digest)).toEqual([other.digest]);
  });

  it.each<[string, Fault]>([
    ['cannot be read', errorReply('UNKNOWN')],
    ['is hidden by the Accept header', errorReply('MANIFEST_UNKNOWN', [{ message: 'accept header does not support it' }])],
    ['gets a 404 without a code', { status: 404 }],
    ['gets a 404 of the repository', errorReply('NAME_UNKNOWN')],
    ['has another digest', sent('{"schemaVersion":2,"config":null}')],
  ])('where a child of an index %s', async (_, fault) => {
    const { server, registry } = await withServer({ referrersApi: false });
    await fill(server, [[multi, 'v1']]);
    server.onRequest(when(`/manifests/${app.digest}`, fault));
    const inventory = await registry.inventory('team/app');
    expect(inventory).toMatchObject({ complete: false, problems: [expect.stringContaining(`prod/team/app@${app.digest}`)] });
    expect(find(inventory, 'v1').children).toEqual([app.digest]);
  });

  it.each<[string, Fault, RegExp]>([
    ['is not there', errorReply('BLOB_UNKNOWN'), /BLOB_UNKNOWN/],
    ['has another digest', sent('{}'), /has the digest/],
    ['is not JSON', (reply) => ({ ...reply, body: 'null' }), /has the digest/],
    ['is too long', sent(Buffer.alloc(8 * 1024 * 1024 + 1)), /longer than/],
  ])('where a config %s', async (_, fault, why) => {
    const { server, registry } = await withServer({ referrersApi: false });
    await fill(server, [[app, 'v1']]);
    server.onRequest(when(`/blobs/${app.blobs[0]!.digest}`, fault));
    expect(await registry.inventory('team/app')).toMatchObject({
      complete: false,
      problems: [expect.stringMatching(why)],
      manifests: [{ tags: ['v1'] }],
    });
  });

  it('where a config is no JSON object', async () => {
    const { server, registry } = await withServer({ referrersApi: false });
    const odd: Pushable = { ...app, blobs: [] };
    const config = content('application/vnd.oci.image.config.v1+json', '[]');
    const bytes = JSON.stringify({ schemaVersion: 2, config: { mediaType: config.mediaType, digest: config.digest, size: 2 }, layers: [] });
    await fill(server, [[{ ...odd, ...content(OCI_MANIFEST, bytes), blobs: [config] }, 'v1']]);
    expect((await registry.inventory('team/app')).problems).toEqual([
      expect.stringMatching(/^Cannot read the config sha256:.* of the image prod\/team\/app@sha256:.*: it is not a JSON object\.$/),
    ]);
  });

  it.each<[string, Fault, RegExp]>([
    ['cannot be read', errorReply('UNKNOWN'), /status 500/],
    ['is no list', { status: 200, body: '{"name":"team/app"}' }, /the answer is not a list of tags/],
    ['is a web page', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' }, /the answer is not a list of tags/],
    ['lists something that is no tag', { status: 200, body: '{"tags":["v1","../../other"]}' }, /lists "..\/..\/other", which is not a tag/],
    [
      'goes on at another host',
      { status: 200, headers: { link: '<http://127.0.0.1:1/v2/team/app/tags/list?last=v1>; rel="next"' }, body: '{"tags":["v1"]}' },
      /the link to the next page leads to/,
    ],
    [
      'goes round in a circle',
      { status: 200, headers: { link: '</v2/team/app/tags/list>; rel="next"' }, body: '{"tags":["v1"]}' },
      /in a circle/,
    ],
  ])('where the list of tags %s', async (_, fault, why) => {
    const { server, registry } = await withServer();
    await fill(server, [[app, 'v1']]);
    server.onRequest(when('/tags/list', fault));
    expect(await registry.inventory('team/app')).toMatchObject({ complete: false, problems: [expect.stringMatching(why)], manifests: [] });
  });

  it('where a later page of the tags cannot be read', async () => {
    const { server, registry } = await withServer({ pageSize: 1 });
    await fill(server, [[app, 'v1', 'v2', 'v3']]);
    server.onRequest(({ path }) => (path.includes('last=v2') ? errorReply('UNKNOWN') : undefined));
    expect(await registry.inventory('team/app')).toMatchObject({
      complete: false,
      problems: [expect.stringMatching(/^Cannot list the tags of prod\/team\/app: .*500/)],
      manifests: [],
    });
  });

  it.each<[string, Fault]>([
    ['cannot be read', errorReply('UNKNOWN')],
    ['is a web page', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' }],
    ['lists something without a digest', { status: 200, body: '{"manifests":[{"digest":"x"}]}' }],
    [
      'lists what is attached to something else',
      { status: 200, body: JSON.stringify({ manifests: [{ digest: bill.digest, mediaType: OCI_MANIFEST }] }) },
    ],
  ])('where a list of referrers %s', async (_, fault) => {
    const { server, registry } = await withServer();
    await fill(server, [[app, 'v1'], [other, 'v2'], [bill]]);
    server.onRequest(when(`/referrers/${app.digest}`, fault));
    expect((await registry.inventory('team/app')).complete).toBe(false);
  });

  it('where referrers answer 404 of a registry that has answered before', async () => {
    const { server, registry } = await withServer();
    await fill(server, [
      [app, 'v1'],
      [other, 'v2'],
    ]);
    expect((await registry.inventory('team/app')).complete).toBe(true);
    server.onRequest(when(`/referrers/${app.digest}`, { status: 404 }));
    expect(await registry.inventory('team/app')).toMatchObject({
      complete: false,
      problems: [expect.stringContaining('list the referrers')],
    });
  });

  it('where indexes go deeper than anybody nests them', async () => {
    const { server, registry } = await withServer({ referrersApi: false });
    let deep: Pushable = app;
    for (let level = 0; level < 60; level++) deep = index([deep]);
    await fill(server, [[deep, 'v1']]);
    expect(await registry.inventory('team/app')).toMatchObject({ complete: false, problems: [expect.stringContaining('nested deeper')] });
  });

  it('and is not read on after twenty problems', async () => {
    const { server, registry } = await withServer({ referrersApi: false }, { concurrency: 1 });
    for (let n = 0; n < 40; n++) plant(server, `v${n}`, `broken ${n}`);
    const inventory = await registry.inventory('team/app');
    expect(inventory.complete).toBe(false);
    expect(inventory.problems).toHaveLength(21);
    expect(inventory.problems!.at(-1)).toBe('Reading stopped after 20 problems.');
    expect(asked(server).filter((line) => line.includes('/manifests/'))).toHaveLength(20);
  });
});

describe('a tag that is listed and then not there', () => {
  it('is left out where it is not listed any more', async () => {
    const { server, registry } = await withServer({ referrersApi: false });
    await fill(server, [
      [app, 'v1'],
      [other, 'v2'],
    ]);
    server.onRequest(({ path }) =>
      path.endsWith('/manifests/v1') ? void server.storage.repository('team/app').tags.delete('v1') : undefined,
    );
    const inventory = await registry.inventory('team/app');
    expect(inventory.complete).toBe(true);
    expect(inventory.manifests.flatMap(({ tags }) => tags)).toEqual(['v2']);
    expect(asked(server).filter((line) => line === 'GET /tags/list')).toHaveLength(2);
  });

  it('makes the repository incomplete where it is still listed, and says how to remove it', async () => {
    const { server, registry } = await withServer({ referrersApi: false });
    await fill(server, [
      [app, 'v1'],
      [other, 'v2'],
    ]);
    server.storage.repository('team/app').manifests.delete(app.digest);
    expect(await registry.inventory('team/app')).toMatchObject({
      complete: false,
      problems: [
        `The tag prod/team/app:v1 is listed, but the manifest ${app.digest} that it points to is not there. ` +
          'Go on without it, by danglingTags: ignore in the policy, ' +
          `or take it off: curl -X DELETE ${server.url}/v2/team/app/manifests/v1`,
      ],
      danglingTags: [{ tag: 'v1', digest: app.digest }],
      manifests: [{ tags: ['v2'] }],
    });
  });

  it.each([
    ['Basic realm="registry"', (url: string) => `curl -u USER -X DELETE ${url}/v2/team/app/manifests/v1`],
    // With a password alone curl gets no token.
    [
      'Bearer realm="https://auth.example.com/token"',
      (url: string) => `crane delete --insecure ${url.slice('http://'.length)}/team/app:v1`,
    ],
  ])('is taken off by a command that gets in where %s is demanded', async (demanded, command) => {
    const ping = async () => ({ status: 401, headers: { 'www-authenticate': demanded }, body: new Uint8Array(), url: '' });
    const { server, registry } = await withServer({ referrersApi: false }, { ping });
    await fill(server, [[app, 'v1']]);
    server.storage.repository('team/app').manifests.delete(app.digest);
    const { problems = [] } = await registry.inventory('team/app');
    expect(problems[0]).toMatch(/take it off: /);
    expect(problems[0]?.split('take it off: ')[1]).toBe(command(server.url));
  });

  it('is told once for each tag, however many there are, and nothing else is a problem', async () => {
    const { server, registry } = await withServer({ referrersApi: false });
    const tags = Array.from({ length: 30 }, (_, number) => `v${String(number).padStart(2, '0')}`);
    await fill(server, [
      [app, ...tags],
      [other, 'latest'],
    ]);
    server.storage.repository('team/app').manifests.delete(app.digest);
    const { danglingTags, problems } = await registry.inventory('team/app');
    expect(danglingTags?.map(({ tag }) => tag)).toEqual(tags);
    expect(problems).toHaveLength(tags.length);
  });

  it('does not dangle where the manifest is pushed again meanwhile: the repository has changed while it was read', async () => {
    const { server, registry } = await withServer({ referrersApi: false });
    await fill(server, [[app, 'v1']]);
    let asks = 0;
    server.onRequest(({ path }) => (path.endsWith('/manifests/v1') && (asks += 1) === 1 ? errorReply('MANIFEST_UNKNOWN') : undefined));
    const inventory = await registry.inventory('team/app');
    expect(inventory.problems).toEqual(['The tag prod/team/app:v1 was set while the repository was read. Run again.']);
    expect(inventory.danglingTags).toBeUndefined();
  });

  it('is also noticed by a HEAD, which alone says nothing', async () => {
    const { server, registry } = await withServer({ referrersApi: false }, { cache: openCache(await cacheFolder()) });
    await fill(server, [[app, 'v1']]);
    await registry.inventory('team/app');
    server.onRequest(({ method, path }) => (method === 'HEAD' && path.endsWith('/manifests/v1') ? { status: 404 } : undefined));
    expect(await registry.inventory('team/app')).toMatchObject({ complete: true, manifests: [{ tags: ['v1'] }] });
  });
});

describe('no problem but an error', () => {
  it('is a repository that the registry does not know', async () => {
    const { server, registry } = await withServer();
    expect(await failure(registry.inventory('team/none'))).toMatchObject({
      code: 'NOT_FOUND',
      message: 'There is no repository prod/team/none.',
      hint: expect.stringContaining('name'),
    });
    server.onRequest(when('/tags/list', { status: 404, body: 'no such page' }));
    expect(await failure(registry.inventory('team/none'))).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('no such page'),
    });
  });

  it('is a repository that may not be read', async () => {
    const { server } = await withServer({ auth: { scheme: 'basic', user: 'ann', password: 's3cret' } });
    const error = await failure(adapter(server.url, { user: 'ann', password: 'wrong-pw' }).inventory('team/app'));
    expect(error).toMatchObject({ code: 'AUTH', message: expect.stringMatching(/team\/app.*prod/) });
    expect(`${error.message} ${error.hint}`).not.toContain('wrong-pw');
  });

  it('is a registry that cannot be reached', async () => {
    const { server, registry } = await withServer();
    await server.close().catch(() => undefined);
    expect((await failure(registry.inventory('team/app'))).code).toBe('UNREACHABLE');
  });

  it('is an abort', async () => {
    const { server, registry } = await withServer();
    await fill(server, [
      [app, 'v1'],
      [other, 'v2'],
    ]);
    const stop = new AbortController();
    const reason = new ToolError('NOT_APPLYABLE', 'The time is up.', { hint: 'Run again.' });
    server.onRequest(({ path }) => (path.includes('/manifests/') ? (stop.abort(reason), 'hang') : undefined));
    await expect(registry.inventory('team/app', { signal: stop.signal })).rejects.toBe(reason);
  });
});

describe('what a referrers look-up may answer where there is no such API', () => {
  it.each<[string, Fault]>([
    ['404', { status: 404 }],
    ['405', errorReply('UNSUPPORTED')],
    ['406, as Artifactory', { status: 406 }],
    ['404 of a repository that is there', errorReply('NAME_UNKNOWN')],
    ['404 of a manifest that is there', errorReply('MANIFEST_UNKNOWN')],
  ])('%s', async (_, fault) => {
    const { server, registry } = await withServer();
    await fill(server, [
      [app, 'v1'],
      [other, 'v2'],
      [cosignSignature(app), attachmentTag(app.digest, 'sig')],
    ]);
    server.onRequest(({ path }) => (path.includes('/referrers/') ? fault : undefined));
    const inventory = await registry.inventory('team/app');
    expect(inventory).toMatchObject({ complete: true });
    expect(asked(server).filter((line) => line.includes('/referrers/'))).toHaveLength(1);
  });

  it('a redirect to another host, as GHCR', async () => {
    const { server, registry } = await withServer();
    const elsewhere = await withServer();
    await fill(server, [
      [app, 'v1'],
      [other, 'v2'],
    ]);
    server.onRequest(({ path }) =>
      path.includes('/referrers/')
        ? { status: 303, headers: { location: `${elsewhere.server.url.replace('127.0.0.1', 'localhost')}/page` } }
        : undefined,
    );
    expect((await registry.inventory('team/app')).complete).toBe(true);
    expect(asked(server).filter((line) => line.includes('/referrers/'))).toHaveLength(1);
  });

  it('but not a 404 of a manifest that went away', async () => {
    const { server, registry } = await withServer();
    await fill(server, [[app, 'v1']]);
    server.onRequest(({ path }) => {
      if (!path.includes('/referrers/')) return undefined;
      server.storage.repository('team/app').manifests.clear();
      return errorReply('MANIFEST_UNKNOWN');
    });
    expect(await registry.inventory('team/app')).toMatchObject({
      complete: false,
      problems: [expect.stringContaining('went away meanwhile')],
    });
  });
});

it('leaves out a referrer that is listed and not there', async () => {
  const { server, registry } = await withServer();
  await fill(server, [[other, 'v1'], [bill]]);
  server.onRequest(when(`/manifests/${bill.digest}`, errorReply('MANIFEST_UNKNOWN')));
  const inventory = await registry.inventory('team/app');
  expect(inventory).toMatchObject({ complete: true, manifests: [{ digest: other.digest }] });
});

it('takes the word of a registry that lists as a referrer what has no subject', async () => {
  const { server, registry } = await withServer();
  const signature = cosignSignature(app);
  await fill(server, [
    [app, 'v1'],
    [signature, 'signature'],
  ]);
  server.onRequest(
    when(`/referrers/${app.digest}`, {
      status: 200,
      body: JSON.stringify({ manifests: [{ digest: signature.digest, mediaType: OCI_MANIFEST }] }),
    }),
  );
  const inventory = await registry.inventory('team/app');
  expect(inventory.complete).toBe(true);
  expect(find(inventory, signature.digest).subject).toBe(app.digest);
});
