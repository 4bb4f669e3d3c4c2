import { describe, expect, it } from 'vitest';
import { attachmentTag, sbom } from '../../../src/demo/attachments.ts';
import { artifact, image, layer } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import { OCI_INDEX } from '../../../src/domain/media-types.ts';
import { ask, type JsonAnswer, outcome, type Seen, withRegistry } from './with-registry.ts';

const app = image({ layers: [layer('a', 64)] });

/** Follows `Link` to the end: the entries of each page. */
async function pages(registry: { url: string }, path: string, entries: (json: JsonAnswer) => unknown): Promise<unknown[]> {
  const all: unknown[] = [];
  for (let next: string | undefined = path; next !== undefined;) {
    const { headers, json }: Seen = await ask(registry, 'GET', next);
    all.push(entries(json));
    next = /^<(.+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
  }
  return all;
}

describe('tags/list', () => {
  const list = '/v2/team/app/tags/list';
  const tags = ['a', 'c', 'b', 'B', '10', '9'];

  it('is sorted', async () => {
    const registry = await withRegistry();
    await push(registry.url, 'team/app', app, tags);
    expect((await ask(registry, 'GET', list)).json).toEqual({ name: 'team/app', tags: ['10', '9', 'B', 'a', 'b', 'c'] });
  });

  it('is cut by n and last, and links on from every full page', async () => {
    const registry = await withRegistry();
    await push(registry.url, 'team/app', app, tags);
    expect(await pages(registry, `${list}?n=4`, (json) => json.tags)).toEqual([
      ['10', '9', 'B', 'a'],
      ['b', 'c'],
    ]);
    expect(await pages(registry, `${list}?n=3`, (json) => json.tags)).toEqual([['10', '9', 'B'], ['a', 'b', 'c'], null]);
    expect((await ask(registry, 'GET', `${list}?last=aa`)).json.tags).toEqual(['b', 'c']);
    const none = await ask(registry, 'GET', `${list}?n=0`);
    expect([none.json.tags, none.headers.get('link')]).toEqual([[], null]);
  });

  it('goes on behind a tag that was deleted in between', async () => {
    const registry = await withRegistry();
    await push(registry.url, 'team/app', app, tags);
    registry.storage.repository('team/app').tags.delete('B');
    expect((await ask(registry, 'GET', `${list}?n=2&last=B`)).json.tags).toEqual(['a', 'b']);
  });

  it('gives no page above the largest', async () => {
    const registry = await withRegistry({ pageSize: 2 });
    await push(registry.url, 'team/app', app, tags);
    for (const path of [list, `${list}?n=1000`])
      expect(await pages(registry, path, (json) => json.tags?.length)).toEqual([2, 2, 2, undefined]);
    const strict = await withRegistry({ pageSize: 2, pageTooLarge: 'refuse' });
    await push(strict.url, 'team/app', app, tags);
    expect(await outcome(strict, 'GET', `${list}?n=3`)).toBe('400 PAGINATION_NUMBER_INVALID');
    expect(await outcome(strict, 'GET', `${list}?n=2`)).toBe('200');
  });

  it.each(['abc', '-1', '1.5', ''])('refuses n=%s, as distribution 3', async (n) => {
    const registry = await withRegistry();
    await push(registry.url, 'team/app', app, tags);
    expect(await outcome(registry, 'GET', `${list}?n=${n}`)).toBe('400 PAGINATION_NUMBER_INVALID');
  });

  it('with ignorePaging answers everything in no order, as distribution 2.8', async () => {
    const registry = await withRegistry({ ignorePaging: true, pageSize: 2 });
    await push(registry.url, 'team/app', app, tags);
    for (const query of ['', '?n=1', '?n=abc', '?n=2&last=z']) {
      const { json, headers } = await ask(registry, 'GET', `${list}${query}`);
      expect([json.tags, headers.get('link')]).toEqual([tags, null]);
    }
  });

  it('is null where no tag is left, and not known where none ever was', async () => {
    const registry = await withRegistry();
    expect(await outcome(registry, 'GET', list)).toBe('404 NAME_UNKNOWN');
    await push(registry.url, 'team/app', app);
    expect(await outcome(registry, 'GET', list)).toBe('404 NAME_UNKNOWN');
    await push(registry.url, 'team/app', app, ['v1']);
    await ask(registry, 'DELETE', '/v2/team/app/manifests/v1');
    expect((await ask(registry, 'GET', list)).json).toEqual({ name: 'team/app', tags: null });
  });
});

describe('_catalog', () => {
  it('lists by path components, and links on', async () => {
    const registry = await withRegistry();
    for (const name of ['team-b/app', 'team/app', 'team', 'base']) await push(registry.url, name, app, ['v1']);
    expect(await pages(registry, '/v2/_catalog', (json) => json.repositories)).toEqual([['base', 'team', 'team/app', 'team-b/app']]);
    expect(await pages(registry, '/v2/_catalog?n=2', (json) => json.repositories)).toEqual([
      ['base', 'team'],
      ['team/app', 'team-b/app'],
    ]);
  });

  it('keeps an emptied repository, and leaves out one that never had a manifest', async () => {
    const registry = await withRegistry();
    await push(registry.url, 'team/app', app, ['v1']);
    await ask(registry, 'DELETE', `/v2/team/app/manifests/${app.digest}`);
    await ask(registry, 'POST', '/v2/team/blobs-only/blobs/uploads/');
    expect((await ask(registry, 'GET', '/v2/_catalog')).json).toEqual({ repositories: ['team/app'] });
  });

  it('can be missing', async () => {
    const registry = await withRegistry({ catalog: false });
    const { status, code, text } = await ask(registry, 'GET', '/v2/_catalog');
    expect([status, code, text]).toEqual([404, undefined, '404 page not found\n']);
  });
});

describe('referrers', () => {
  const bill = sbom(app, '2026-01-01T00:00:00Z');
  const signature = artifact({ artifactType: 'application/vnd.cncf.notary.signature', subject: app });
  const list = `/v2/team/app/referrers/${app.digest}`;

  it('lists what refers to a digest, with type, size and annotations', async () => {
    const registry = await withRegistry();
    for (const thing of [app, bill, signature]) await push(registry.url, 'team/app', thing);
    const { headers, json } = await ask(registry, 'GET', list);
    expect(headers.get('content-type')).toBe(OCI_INDEX);
    expect(json.mediaType).toBe(OCI_INDEX);
    expect(json.manifests).toHaveLength(2);
    expect(json.manifests).toContainEqual({
      mediaType: bill.mediaType,
      digest: bill.digest,
      size: bill.bytes.length,
      artifactType: 'application/spdx+json',
      annotations: { 'org.opencontainers.image.created': '2026-01-01T00:00:00Z' },
    });
  });

  it('filters by artifact type, and says so', async () => {
    const registry = await withRegistry();
    for (const thing of [app, bill, signature]) await push(registry.url, 'team/app', thing);
    const { headers, json } = await ask(registry, 'GET', `${list}?artifactType=${encodeURIComponent('application/spdx+json')}`);
    expect(headers.get('oci-filters-applied')).toBe('artifactType');
    expect(json.manifests.map((one) => one.digest)).toEqual([bill.digest]);
  });

  it('pages, and keeps the filter', async () => {
    const registry = await withRegistry({ pageSize: 1 });
    const second = sbom(app, '2026-01-02T00:00:00Z');
    for (const thing of [app, bill, second, signature]) await push(registry.url, 'team/app', thing);
    const filtered = await pages(registry, `${list}?artifactType=application/spdx%2Bjson`, (json) => json.manifests[0]?.digest);
    expect(filtered).toEqual([bill.digest, second.digest].sort());
  });

  it('is an empty index where nothing refers, and an error where the digest is none', async () => {
    const registry = await withRegistry();
    expect((await ask(registry, 'GET', list)).json).toEqual({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] });
    expect(await outcome(registry, 'GET', '/v2/team/app/referrers/sha256:abc')).toBe('400 DIGEST_INVALID');
  });

  it('can be missing, and then a push keeps the fallback tag', async () => {
    const registry = await withRegistry({ referrersApi: false });
    for (const thing of [app, bill, signature, bill]) await push(registry.url, 'team/app', thing);
    expect((await ask(registry, 'GET', list)).text).toBe('404 page not found\n');
    const { json } = await ask(registry, 'GET', `/v2/team/app/manifests/${attachmentTag(app.digest)}`);
    expect(json.manifests.map((one) => [one.digest, one.artifactType])).toEqual([
      [bill.digest, 'application/spdx+json'],
      [signature.digest, 'application/vnd.cncf.notary.signature'],
    ]);
  });
});
