import { createHash, randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { ImageCopier, type ImageToCopy } from '../../../src/copy/image-copier.ts';
import { attachmentTag, cosignSignature, sbom } from '../../../src/demo/attachments.ts';
import { type EmbeddedRegistry, startEmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import { content, image, index, layer, type Pushable } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import type { EmbeddedRegistryOptions } from '../../../src/demo/registry-options.ts';
import { OciClient } from '../../../src/distribution/client.ts';
import { ContentStore } from '../../../src/distribution/content-store.ts';
import type { Digest } from '../../../src/domain/digest.ts';
import { createRegistryAuth } from '../../../src/auth/create-registry-auth.ts';
import { createHttpClient } from '../../../src/http/create-http-client.ts';

const FROM = 'team/app';
const TO = 'archive/team/app';

async function start(options: EmbeddedRegistryOptions = {}): Promise<EmbeddedRegistry> {
  const server = await startEmbeddedRegistry(options);
  onTestFinished(() => server.close());
  return server;
}

function storeOf({ url }: EmbeddedRegistry, name: string, user?: { readonly username: string; readonly password: string }): ContentStore {
  const http = createHttpClient({ userAgent: 'test', env: {} });
  onTestFinished(() => http.close());
  const credentials = async () => user && { ...user, source: 'test' };
  const auth = createRegistryAuth({ http, registry: name, url, credentials });
  return new ContentStore(new OciClient({ name, url, send: (request, scopes) => auth.send(request, scopes) }));
}

function copierOf(from: ContentStore, to: ContentStore): ImageCopier {
  return new ImageCopier({
    from: { store: from, repository: FROM, readManifest: (digest) => from.readManifest(FROM, digest) },
    to: { store: to, repository: TO },
    concurrency: 4,
    signal: new AbortController().signal,
    pause: async () => {},
  });
}

function single(seed: string): Pushable {
  return image({ layers: [layer(seed, 5000)], created: '2025-01-01T00:00:00Z' });
}

function partsOf(...parts: (readonly [Pushable, ...string[]])[]): ImageToCopy['parts'] {
  return new Map(parts.map(([{ digest }, ...tags]): [Digest, string[]] => [digest, tags]));
}

/** An index with two images, a signature under cosign's tag and an SBOM of one child. */
async function pushWhole(server: EmbeddedRegistry): Promise<{ readonly whole: ImageToCopy; readonly things: readonly Pushable[] }> {
  const [amd, arm] = [single('amd'), single('arm')];
  const both = index([amd, arm]);
  const [signature, bill] = [cosignSignature(both), sbom(amd, '2025-01-01T00:00:00Z')];
  await push(server, FROM, both, ['v1']);
  await push(server, FROM, signature, [attachmentTag(both.digest, 'sig')]);
  await push(server, FROM, bill);
  const parts = partsOf([amd], [arm], [signature, attachmentTag(both.digest, 'sig')], [bill]);
  return { whole: { digest: both.digest, tags: ['v1', 'v1.0'], parts }, things: [both, amd, arm, signature, bill] };
}

test.each([true, false])('an index goes with its images, signature and SBOM to another registry (its referrers API: %s)', async (api) => {
  const [source, target] = [await start(), await start({ referrersApi: api })];
  const { whole, things } = await pushWhole(source);
  await copierOf(storeOf(source, 'prod'), storeOf(target, 'cold')).copy(whole);
  const { tags, manifests, blobs } = target.storage.repository(TO);
  const [both, amd, , signature, bill] = things as [Pushable, Pushable, Pushable, Pushable, Pushable];
  for (const { digest, bytes } of things) expect(manifests.get(digest)?.bytes.equals(bytes)).toBe(true);
  for (const { blobs: own } of things) for (const { digest } of own) expect(blobs.has(digest)).toBe(true);
  const fallback = attachmentTag(amd.digest);
  expect(Object.fromEntries(tags)).toEqual({
    v1: both.digest,
    'v1.0': both.digest,
    [attachmentTag(both.digest, 'sig')]: signature.digest,
    ...(!api && { [fallback]: tags.get(fallback) }),
  });
  expect(await storeOf(target, 'cold').referrersOf(TO, amd.digest)).toEqual(new Set(api ? [bill.digest] : []));
  const listed = await storeOf(target, 'cold').readIndex(TO, fallback);
  if (!api) expect(listed).toEqual([expect.objectContaining({ digest: bill.digest, artifactType: 'application/spdx+json' })]);
});

test('what is there already is looked for and not sent again, and a blob of the same registry is mounted', async () => {
  const server = await start();
  const { whole } = await pushWhole(server);
  const store = storeOf(server, 'prod');
  server.requests.length = 0;
  await copierOf(store, store).copy(whole);
  const sent = (method: string): string[] => server.requests.filter((request) => request.method === method).map(({ path }) => path);
  expect(sent('POST').every((path) => path.includes('mount=sha256%3A') && path.includes('from=team%2Fapp'))).toBe(true);
  expect(sent('PUT').every((path) => path.includes('/manifests/'))).toBe(true);
  expect(sent('GET').some((path) => path.includes(`/v2/${FROM}/blobs/`))).toBe(false);
  server.requests.length = 0;
  await copierOf(store, store).copy(whole);
  expect([...sent('POST'), ...sent('PUT')]).toEqual([]);
});

test('a blob that is missing under a manifest that is there is sent all the same', async () => {
  const [source, target] = [await start(), await start()];
  const lone = single('lone');
  await push(source, FROM, lone, ['v1']);
  const copy = { digest: lone.digest, tags: ['v1'], parts: partsOf() };
  await copierOf(storeOf(source, 'prod'), storeOf(target, 'cold')).copy(copy);
  const lost = lone.blobs[1]?.digest as Digest;
  target.storage.repository(TO).blobs.delete(lost);
  await copierOf(storeOf(source, 'prod'), storeOf(target, 'cold')).copy(copy);
  expect(target.storage.repository(TO).blobs.has(lost)).toBe(true);
});

test('a blob that HEAD says is there, and that cannot be read, is sent all the same', async () => {
  const [source, target] = [await start(), await start()];
  const lone = single('lone');
  await push(source, FROM, lone, ['v1']);
  const copy = { digest: lone.digest, tags: ['v1'], parts: partsOf() };
  await copierOf(storeOf(source, 'prod'), storeOf(target, 'cold')).copy(copy);
  const lost = lone.blobs[1]?.digest as Digest;
  let sent = false;
  target.onRequest(({ method, path }) => {
    sent ||= method === 'PUT' && path.includes('/blobs/uploads/');
    return method === 'GET' && path.endsWith(lost) && !sent ? 'truncate' : undefined;
  });
  await copierOf(storeOf(source, 'prod'), storeOf(target, 'cold')).copy(copy);
  expect(sent).toBe(true);
});

test('foreign layers that are there all the same, and layers that an index lists, are copied too', async () => {
  const [source, target] = [await start(), await start()];
  const foreign = content('application/vnd.oci.image.layer.nondistributable.v1.tar+gzip', randomBytes(900));
  const lone = image({ layers: [layer('own', 500), foreign] });
  await push(source, FROM, lone, ['v1']);
  await copierOf(storeOf(source, 'prod'), storeOf(target, 'cold')).copy({ digest: lone.digest, tags: ['v1'], parts: partsOf() });
  expect(target.storage.repository(TO).blobs.has(foreign.digest)).toBe(true);

  const cached = layer('cached', 700);
  await push(source, FROM, image({ layers: [cached] }), ['v2']);
  const listed = { mediaType: cached.mediaType, digest: cached.digest, size: cached.bytes.length };
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests: [listed] }));
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
  source.storage
    .repository(FROM)
    .manifests.set(digest, { ...source.storage.repository(FROM).manifests.get(lone.digest)!, mediaType, bytes });
  const copying = copierOf(storeOf(source, 'prod'), storeOf(target, 'cold')).copy({ digest, tags: ['cache'], parts: partsOf() });
  // This registry takes no such index, and others do. The layer comes before it.
  await expect(copying).rejects.toThrow(/MANIFEST_BLOB_UNKNOWN/);
  expect(target.storage.repository(TO).blobs.has(cached.digest)).toBe(true);
  // Distribution 2.8 answers 500 where a layer is asked for as a manifest.
  expect(source.requests.filter(({ path }) => path.endsWith(`/manifests/${cached.digest}`))).toEqual([]);
});

test('a tag that points elsewhere in the target is not moved, and nothing is sent', async () => {
  const [source, target] = [await start(), await start()];
  const [mine, other] = [single('mine'), single('other')];
  await push(source, FROM, mine, ['v1']);
  await push(target, TO, other, ['v1']);
  target.requests.length = 0;
  const copying = copierOf(storeOf(source, 'prod'), storeOf(target, 'cold')).copy({ digest: mine.digest, tags: ['v1'], parts: partsOf() });
  await expect(copying).rejects.toThrow(`The tag cold/${TO}:v1 is there and points to ${other.digest}: it is not moved.`);
  expect(target.requests.filter(({ method }) => method === 'POST' || method === 'PUT')).toEqual([]);
});

test('what somebody else attached there stays listed under the fallback tag', async () => {
  const [source, target] = [await start({ referrersApi: false }), await start({ referrersApi: false })];
  const app = single('app');
  const [bill, theirs] = [sbom(app, '2025-01-01T00:00:00Z'), sbom(app, '2026-02-02T00:00:00Z')];
  await push(source, FROM, app, ['v1']);
  await push(source, FROM, bill);
  await push(target, TO, app, ['v1']);
  await push(target, TO, theirs);
  const tag = attachmentTag(app.digest);
  const own = source.storage.repository(FROM).tags.get(tag) as Digest;
  const parts = new Map<Digest, string[]>([
    [bill.digest, []],
    [own, [tag]],
  ]);
  await copierOf(storeOf(source, 'prod'), storeOf(target, 'cold')).copy({ digest: app.digest, tags: ['v1'], parts });
  const listed = await storeOf(target, 'cold').readIndex(TO, tag);
  expect(listed?.map((entry) => (entry as { digest: string }).digest)).toEqual([theirs.digest, bill.digest]);
});

/** Pushes one image and lets the first answers to reads of its layer, or writes of it, go wrong. */
async function withFaults(
  faults: { readonly read?: (times: number) => 'truncate' | 'reset' | { status: number } | undefined; readonly corrupt?: true },
  write: (times: number) => 'reset' | 'lost' | { status: number } | undefined = () => undefined,
): Promise<{
  readonly lone: Pushable;
  readonly target: EmbeddedRegistry;
  readonly copy: () => Promise<void>;
  readonly writes: () => number;
}> {
  const [source, target] = [await start(), await start()];
  const lone = image({ layers: [content('application/vnd.oci.image.layer.v1.tar+gzip', randomBytes(3_000_000))] });
  await push(source, FROM, lone, ['v1']);
  const layerPath = `/blobs/${lone.blobs.find(({ bytes }) => bytes.length > 1_000_000)?.digest}`;
  let [reads, writes] = [0, 0];
  source.onRequest(({ method, path }) => {
    if (method !== 'GET' || !path.endsWith(layerPath)) return undefined;
    if (faults.corrupt) return (reply) => ({ ...reply, body: Buffer.alloc(3_000_000, 1) });
    return faults.read?.((reads += 1));
  });
  target.onRequest(({ method, body }) => (method === 'PUT' && body.length > 1_000_000 ? write((writes += 1)) : undefined));
  const copier = copierOf(storeOf(source, 'prod'), storeOf(target, 'cold'));
  return { lone, target, copy: () => copier.copy({ digest: lone.digest, tags: ['v1'], parts: partsOf() }), writes: () => writes };
}

test('a blob whose reading or writing breaks off is begun anew', async () => {
  const broken = await withFaults(
    { read: (times) => (times === 1 ? 'truncate' : undefined) },
    (times) => [undefined, 'reset' as const, 'lost' as const][times],
  );
  await broken.copy();
  expect(broken.target.storage.repository(TO).tags.get('v1')).toBe(broken.lone.digest);
});

test('a blob with another digest than its own is never written, and neither is the manifest that needs it', async () => {
  const corrupt = await withFaults({ corrupt: true });
  await expect(corrupt.copy()).rejects.toThrow(/read the blob prod\/team\/app@sha256:.*what the registry sent has the digest sha256:/);
  const { manifests, blobs } = corrupt.target.storage.repository(TO);
  expect(manifests.size).toBe(0);
  expect(blobs.size).toBeLessThanOrEqual(1);
});

test('a target that is full, or that always fails, ends the copy before its manifest', async () => {
  const full = await withFaults({}, () => ({ status: 507 }));
  await expect(full.copy()).rejects.toThrow(/write the blob cold\/archive\/team\/app@sha256:.*507/);
  expect(full.writes()).toBe(4);
  expect(full.target.storage.repository(TO).manifests.size).toBe(0);
});

test('a target that may not be written to is told as a missing right', async () => {
  const source = await start();
  const reader = { name: 'ann', password: 'secret-of-ann', access: { '*': ['pull'] } };
  const target = await start({ auth: { scheme: 'bearer', users: [reader] } });
  const lone = single('lone');
  await push(source, FROM, lone, ['v1']);
  const to = storeOf(target, 'cold', { username: 'ann', password: 'secret-of-ann' });
  const copying = copierOf(storeOf(source, 'prod'), to).copy({ digest: lone.digest, tags: ['v1'], parts: partsOf() });
  await expect(copying).rejects.toMatchObject({ code: 'AUTH' });
});

test('an image of which a part went away meanwhile is not copied in part', async () => {
  const [source, target] = [await start(), await start()];
  const { whole, things } = await pushWhole(source);
  source.storage.repository(FROM).manifests.delete(things[1]?.digest as Digest);
  await expect(copierOf(storeOf(source, 'prod'), storeOf(target, 'cold')).copy(whole)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect([...target.storage.repository(TO).tags.keys()]).not.toContain('v1');
});

test('layers of a larger size than what waits at a time go through without being held', async () => {
  const [source, target] = [await start(), await start()];
  const large = image({
    layers: Array.from({ length: 6 }, () => content('application/vnd.oci.image.layer.v1.tar', randomBytes(5_000_000))),
  });
  await push(source, FROM, large, ['v1']);
  await copierOf(storeOf(source, 'prod'), storeOf(target, 'cold')).copy({ digest: large.digest, tags: ['v1'], parts: partsOf() });
  for (const { digest, bytes } of large.blobs) expect(target.storage.blobs.get(digest)?.equals(bytes)).toBe(true);
});
