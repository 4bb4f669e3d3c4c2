import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Journal } from '../../../src/apply/journal.ts';
import { lockRepositories } from '../../../src/apply/lock-repositories.ts';
import { readJournal } from '../../../src/documents/read-journal.ts';
import { undoJournal, type UndoOptions } from '../../../src/apply/undo.ts';
import type { UndoReport } from '../../../src/apply/undo-report.ts';
import type { EmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import { type ManifestFields, readManifestFields } from '../../../src/demo/manifest-fields.ts';
import { push } from '../../../src/demo/push.ts';
import type { Registry } from '../../../src/registry/registry.ts';
import { failure, withServer } from '../registry/oci-fixture.ts';
import { apply, changes, contents, type Filled, fillRepository, planOf, REPOSITORY, single, temporaryFolder } from './apply-fixture.ts';

interface Pruned {
  readonly server: EmbeddedRegistry;
  readonly registry: Registry;
  readonly filled: Filled;
  readonly before: ReturnType<typeof contents>;
  readonly path: string;
}

async function pruned(): Promise<Pruned> {
  const { server, registry } = await withServer();
  const filled = await fillRepository(server);
  const before = contents(server);
  const report = await apply(await planOf(registry), registry, { journal: new Journal(await temporaryFolder()) });
  expect(report.outcome).toBe('done');
  server.requests.length = 0;
  return { server, registry, filled, before, path: report.journal! };
}

async function undo({ registry, path }: Pruned, options: Partial<UndoOptions> = {}): Promise<UndoReport> {
  return undoJournal({ journal: await readJournal(path), path, registries: new Map([['prod', registry]]), concurrency: 4, ...options });
}

/** Takes lines out of the journal. */
async function edit(path: string, keep: (line: string) => boolean): Promise<void> {
  await writeFile(path, (await readFile(path, 'utf8')).split('\n').filter(keep).join('\n'));
}

describe('undo', () => {
  it('puts back every manifest and tag byte for byte, each after what it needs', async () => {
    const run = await pruned();
    const report = await undo(run);
    expect(contents(run.server)).toEqual(run.before);
    expect(report).toMatchObject({ outcome: 'done', counts: { lost: 0, failed: 0, kept_newer: 0 } });
    const order = changes(run.server);
    const at = (reference: string): number => order.indexOf(`PUT ${reference}`);
    const { amd, inner, nested, bill } = run.filled;
    expect([amd, inner, nested].map(({ digest }) => at(digest))).toEqual(
      [at(amd.digest), at(inner.digest), at(nested.digest)].toSorted((a, b) => a - b),
    );
    expect(at(amd.digest)).toBeLessThan(at(bill.digest));
    expect(at(nested.digest)).toBeLessThan(at('old-1'));
    expect(await readdir(join(run.path, '..', 'locks'))).toEqual([]);
  });

  it('takes two requests a tag: it looks right before it sets it, and not over a tag that was pushed meanwhile', async () => {
    const run = await pruned();
    const { nested, kept } = run.filled;
    run.server.onRequest(({ method, path }) => {
      if (method === 'PUT' && path.endsWith(nested.digest)) run.server.storage.repository(REPOSITORY).tags.set('old-1.0', kept.digest);
      return undefined;
    });

    const { items } = await undo(run);

    expect(items).toContainEqual(expect.objectContaining({ tag: 'old-1.0', outcome: 'kept_newer' }));
    const requestsFor = (tag: string): string[] =>
      run.server.requests.filter(({ path }) => path.endsWith(`/manifests/${tag}`)).map(({ method, status }) => `${method} ${status}`);
    expect(requestsFor('old-1')).toEqual(['HEAD 404', 'PUT 201']);
    expect(requestsFor('old-2')).toEqual(['HEAD 404', 'PUT 201']);
    expect(requestsFor('old-1.0')).toEqual(['HEAD 200']);
  });

  it('finds everything there when it is run again', async () => {
    const run = await pruned();
    await undo(run);
    run.server.requests.length = 0;
    expect(await undo(run)).toMatchObject({ outcome: 'done', counts: { restored: 0, lost: 0, failed: 0 } });
    expect(changes(run.server)).toEqual([]);
  });

  it('leaves a tag alone that points elsewhere today', async () => {
    const run = await pruned();
    const newer = await push(run.server, REPOSITORY, single('newer'), ['old-1']);
    const report = await undo(run);
    expect(contents(run.server).tags).toMatchObject({ 'old-1': newer, 'old-1.0': run.filled.nested.digest });
    expect(report).toMatchObject({ outcome: 'done', counts: { kept_newer: 1 } });
    expect(report.items).toContainEqual({
      registry: 'prod',
      repository: REPOSITORY,
      digest: run.filled.nested.digest,
      tag: 'old-1',
      outcome: 'kept_newer',
    });
  });

  it('says what is lost when the blobs are gone, in the words of the registry, and puts back the rest', async () => {
    const run = await pruned();
    run.server.storage.repository(REPOSITORY).blobs.delete(run.filled.lone.blobs[1]!.digest);
    const report = await undo(run);
    expect(report).toMatchObject({ outcome: 'partial', counts: { lost: 2, failed: 0 } });
    expect(report.items).toContainEqual(
      expect.objectContaining({
        digest: run.filled.lone.digest,
        outcome: 'lost',
        message: expect.stringContaining('MANIFEST_BLOB_UNKNOWN'),
      }),
    );
    const { manifests, tags } = contents(run.server);
    expect(manifests).toHaveProperty(run.filled.nested.digest);
    expect(tags).not.toHaveProperty('old-3');
  });

  it('finds out what is lost by asking for it, whatever the registry answers', async () => {
    const run = await pruned();
    const [config] = run.filled.lone.blobs;
    run.server.storage.repository(REPOSITORY).blobs.delete(config!.digest);
    const invalid = { status: 400, headers: { 'content-type': 'application/json' }, body: '{"errors":[{"code":"MANIFEST_INVALID"}]}' };
    run.server.onRequest(({ method, path }) =>
      method === 'PUT' && (path.endsWith(run.filled.lone.digest) || path.endsWith(run.filled.bill.digest)) ? invalid : undefined,
    );
    const { items } = await undo(run);
    const outcomeOf = (digest: string) => items.find((item) => item.digest === digest && item.tag === undefined);
    expect(outcomeOf(run.filled.lone.digest)).toMatchObject({ outcome: 'lost', message: expect.stringContaining(config!.digest) });
    expect(outcomeOf(run.filled.bill.digest)).toMatchObject({ outcome: 'failed', message: expect.stringContaining('MANIFEST_INVALID') });
  });

  it('takes a manifest for put back when it is there, whatever the answer says besides', async () => {
    const run = await pruned();
    const { lone } = run.filled;
    run.server.onRequest(({ method, path }) => {
      if (method !== 'PUT' || !path.endsWith(lone.digest)) return undefined;
      const { mediaType, bytes } = lone;
      const fields = readManifestFields(mediaType, bytes) as ManifestFields;
      run.server.storage.repository(REPOSITORY).manifests.set(lone.digest, { mediaType, bytes, fields });
      return { status: 201, headers: { 'content-type': 'text/html' }, body: 'OK' };
    });
    expect(await undo(run)).toMatchObject({ outcome: 'done', counts: { failed: 0 } });
    expect(contents(run.server)).toEqual(run.before);
  });

  it('does not take a manifest for put back that is not there afterwards', async () => {
    const run = await pruned();
    const { lone } = run.filled;
    run.server.onRequest(({ method, path }) => (method === 'PUT' && path.endsWith(lone.digest) ? { status: 201, body: '' } : undefined));
    const { items } = await undo(run);
    expect(items.filter(({ outcome }) => outcome === 'failed')).toEqual([
      expect.objectContaining({ digest: lone.digest, message: expect.stringContaining('not there afterwards') }),
      expect.objectContaining({ digest: lone.digest, tag: 'old-3' }),
    ]);
  });

  it('loses an index with a child that is lost', async () => {
    const run = await pruned();
    run.server.storage.repository(REPOSITORY).blobs.delete(run.filled.amd.blobs[1]!.digest);
    const report = await undo(run);
    expect(
      report.items
        .filter(({ outcome, tag }) => outcome === 'lost' && tag === undefined)
        .map(({ digest }) => digest)
        .toSorted(),
    ).toEqual([run.filled.amd, run.filled.inner, run.filled.nested].map(({ digest }) => digest).toSorted());
  });

  it('counts a deletion whose outcome nobody knows, and one that was answered with "not there"', async () => {
    const run = await pruned();
    await edit(run.path, (line) => !line.includes('"kind":"outcome"'));
    await undo(run);
    expect(contents(run.server)).toEqual(run.before);
    const second = await pruned();
    await writeFile(second.path, (await readFile(second.path, 'utf8')).replaceAll('"outcome":"deleted"', '"outcome":"gone"'));
    await undo(second);
    expect(contents(second.server)).toEqual(second.before);
  });

  it.each(['locked', 'drifted', 'held', 'skipped', 'failed'])('puts nothing back that this run did not delete: %s', async (outcome) => {
    const run = await pruned();
    await writeFile(run.path, (await readFile(run.path, 'utf8')).replaceAll('"outcome":"deleted"', `"outcome":"${outcome}"`));
    const after = contents(run.server);
    expect(await undo(run)).toMatchObject({ outcome: 'done', items: [] });
    expect(contents(run.server)).toEqual(after);
  });

  it('goes nowhere but to the address in the journal', async () => {
    const run = await pruned();
    const other = await withServer();
    const error = await failure(undo(run, { registries: new Map([['prod', other.registry]]) }));
    expect(error).toMatchObject({ code: 'JOURNAL_INVALID', message: expect.stringContaining(run.server.url) });
    expect((await failure(undo(run, { registries: new Map() }))).message).toContain('no registry "prod" is configured');
    expect(other.server.requests).toEqual([]);
  });

  it('stops on a signal, and may be run again', async () => {
    const run = await pruned();
    const stop = new AbortController();
    const report = await undo(run, { signal: stop.signal, onEvent: ({ outcome }) => outcome === 'restored' && stop.abort() });
    expect(report).toMatchObject({ outcome: 'interrupted', counts: { restored: 1 } });
    expect(await undo(run)).toMatchObject({ outcome: 'done' });
    expect(contents(run.server)).toEqual(run.before);
  });

  it('does not run beside a run that deletes', async () => {
    const run = await pruned();
    const unlock = await lockRepositories(join(run.path, '..'), [{ url: run.server.url, repository: REPOSITORY }]);
    expect((await failure(undo(run))).code).toBe('NOT_APPLYABLE');
    await unlock.free();
  });

  it('asks no more once it is refused', async () => {
    const run = await pruned();
    run.server.onRequest(({ method }) => (method === 'PUT' ? { status: 403, body: '' } : undefined));
    const report = await undo(run);
    expect(report).toMatchObject({ outcome: 'failed', counts: { restored: 0, lost: 0 }, error: { code: 'AUTH' } });
    expect(run.server.requests.filter(({ method }) => method === 'PUT')).toHaveLength(1);
  });
});
