import { describe, expect, it } from 'vitest';
import { content } from '../../../src/demo/image.ts';
import { ask, outcome, withRegistry } from './with-registry.ts';

const blob = content('application/octet-stream', 'one two three four');
const [first, second] = [blob.bytes.subarray(0, 8), blob.bytes.subarray(8)];
const uploads = '/v2/team/app/blobs/uploads/';
const path = `/v2/team/app/blobs/${blob.digest}`;
const missing = `sha256:${'0'.repeat(64)}`;

async function begin(registry: { url: string }): Promise<string> {
  const { status, headers } = await ask(registry, 'POST', uploads);
  expect(status).toBe(202);
  expect(headers.get('range')).toBe('0-0');
  return headers.get('location')!;
}

describe('blob uploads', () => {
  it('takes a whole blob in one POST', async () => {
    const registry = await withRegistry();
    const { status, headers } = await ask(registry, 'POST', `${uploads}?digest=${blob.digest}`, { body: blob.bytes });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(path);
    expect(headers.get('docker-content-digest')).toBe(blob.digest);
    expect((await ask(registry, 'GET', path)).text).toBe('one two three four');
  });

  it('takes a whole blob in POST and PUT', async () => {
    const registry = await withRegistry();
    expect(await outcome(registry, 'PUT', `${await begin(registry)}&digest=${blob.digest}`, { body: blob.bytes })).toBe('201');
    expect(await outcome(registry, 'HEAD', path)).toBe('200');
  });

  it('takes chunks in their order, and tells how far it is', async () => {
    const registry = await withRegistry();
    const begun = await begin(registry);
    const early = await ask(registry, 'PATCH', begun, { body: second, headers: { 'content-range': '8-17' } });
    expect([early.status, early.code]).toEqual([416, 'RANGE_INVALID']);
    const after = await ask(registry, 'PATCH', begun, { body: first, headers: { 'content-range': '0-7' } });
    expect([after.status, after.headers.get('range')]).toEqual([202, '0-7']);
    const state = await ask(registry, 'GET', after.headers.get('location')!);
    expect([state.status, state.headers.get('range')]).toEqual([204, '0-7']);
    const end = `${begun}&digest=${blob.digest}`;
    expect(await outcome(registry, 'PUT', end, { body: first, headers: { 'content-range': '0-7' } })).toBe('416 RANGE_INVALID');
    expect(await outcome(registry, 'PUT', end, { body: second, headers: { 'content-range': '8-17' } })).toBe('201');
    expect((await ask(registry, 'GET', path)).text).toBe('one two three four');
  });

  it('forgets a cancelled upload', async () => {
    const registry = await withRegistry();
    const begun = await begin(registry);
    expect(await outcome(registry, 'DELETE', begun)).toBe('204');
    expect(await outcome(registry, 'GET', begun)).toBe('404 BLOB_UPLOAD_UNKNOWN');
  });

  it.each([
    ['of other bytes', missing],
    ['that is none', 'sha256:abc'],
    ['of an algorithm nobody registered', `md5:${'0'.repeat(32)}`],
  ])('refuses a digest %s', async (_, digest) => {
    const registry = await withRegistry();
    expect(await outcome(registry, 'POST', `${uploads}?digest=${digest}`, { body: blob.bytes })).toBe('400 DIGEST_INVALID');
    expect(registry.storage.blobs.size).toBe(0);
  });

  it('mounts a blob of another repository, and begins an upload where it is not there', async () => {
    const registry = await withRegistry();
    await ask(registry, 'POST', `/v2/team/base/blobs/uploads/?digest=${blob.digest}`, { body: blob.bytes });
    expect(await outcome(registry, 'HEAD', path)).toBe('404');
    expect(await outcome(registry, 'POST', `${uploads}?mount=${blob.digest}&from=team/other`)).toBe('202');
    expect(await outcome(registry, 'POST', `${uploads}?mount=${blob.digest}`)).toBe('202');
    expect(await outcome(registry, 'POST', `${uploads}?mount=${blob.digest}&from=team/base`)).toBe('201');
    expect(await outcome(registry, 'HEAD', path)).toBe('200');
  });
});

describe('blobs', () => {
  it.each([
    ['bytes=4-6', 206, 'bytes 4-6/18', 'two'],
    ['bytes=14-', 206, 'bytes 14-17/18', 'four'],
    ['bytes=-4', 206, 'bytes 14-17/18', 'four'],
    ['bytes=14-99', 206, 'bytes 14-17/18', 'four'],
  ])('gives the range %s', async (range, status, contentRange, text) => {
    const registry = await withRegistry();
    await ask(registry, 'POST', `${uploads}?digest=${blob.digest}`, { body: blob.bytes });
    const seen = await ask(registry, 'GET', path, { headers: { range } });
    expect([seen.status, seen.headers.get('content-range'), seen.text]).toEqual([status, contentRange, text]);
  });

  it.each(['bytes=18-', 'bytes=5-4', 'bytes=x-y'])('refuses the range %s', async (range) => {
    const registry = await withRegistry();
    await ask(registry, 'POST', `${uploads}?digest=${blob.digest}`, { body: blob.bytes });
    expect(await outcome(registry, 'GET', path, { headers: { range } })).toBe('416 RANGE_INVALID');
  });

  it('deletes a blob from one repository alone', async () => {
    const registry = await withRegistry();
    for (const name of ['team/app', 'team/base'])
      await ask(registry, 'POST', `/v2/${name}/blobs/uploads/?digest=${blob.digest}`, { body: blob.bytes });
    expect(await outcome(registry, 'DELETE', path)).toBe('202');
    expect(await outcome(registry, 'GET', path)).toBe('404 BLOB_UNKNOWN');
    expect(await outcome(registry, 'DELETE', path)).toBe('404 BLOB_UNKNOWN');
    expect(await outcome(registry, 'HEAD', `/v2/team/base/blobs/${blob.digest}`)).toBe('200');
  });

  it('refuses deletion where it is off', async () => {
    const registry = await withRegistry({ deleteEnabled: false });
    expect(await outcome(registry, 'DELETE', path)).toBe('405 UNSUPPORTED');
  });
});
