import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { Journal } from '../../../src/apply/journal.ts';
import type { Digest } from '../../../src/domain/digest.ts';
import { finishLeftovers, type Leftovers } from '../../../src/apply/leftovers.ts';
import { lockRepositories } from '../../../src/apply/lock-repositories.ts';
import type { EmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import { index } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import type { Registry } from '../../../src/registry/registry.ts';
import { withServer } from '../registry/oci-fixture.ts';
import { apply, contents, type Filled, fillRepository, planOf, REPOSITORY, temporaryFolder } from './apply-fixture.ts';

interface Stopped {
  readonly server: EmbeddedRegistry;
  readonly registry: Registry;
  readonly filled: Filled;
  readonly folder: string;
}

/** A run that was stopped by a signal right after it had deleted the nested index. */
async function stopped(): Promise<Stopped> {
  const { server, registry } = await withServer();
  const filled = await fillRepository(server);
  const plan = await planOf(registry);
  const folder = await temporaryFolder();
  const stop = new AbortController();
  const off = server.onRequest(({ method, path }) => {
    if (method === 'DELETE' && path.endsWith(filled.nested.digest)) stop.abort();
  });
  const report = await apply(plan, registry, { journal: new Journal(folder), signal: stop.signal });
  off();
  expect(report.outcome).toBe('interrupted');
  expect(contents(server).manifests).toHaveProperty(filled.amd.digest);
  return { server, registry, filled, folder };
}

function finish({ registry, folder }: Stopped, wanted = true, used: readonly Digest[] = []): Promise<Leftovers> {
  const inUse = { images: used.map((digest) => ({ image: { digest }, source: 'test' })), problems: [], hosts: {} };
  return finishLeftovers({ folder, registries: new Map([['prod', registry]]), concurrency: 4, wanted: () => wanted, inUse });
}

async function marks(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.finished'));
}

describe('what an earlier run left', () => {
  it('is deleted, since no registry lists it any more, and only once', async () => {
    const run = await stopped();
    const { amd, inner, bill, signature, kept } = run.filled;
    const { reports, problems } = await finish(run);
    expect(problems).toEqual([]);
    expect(reports).toMatchObject([{ outcome: 'done' }]);
    const { manifests } = contents(run.server);
    for (const one of [amd, inner, bill, signature]) expect(manifests).not.toHaveProperty(one.digest);
    expect(manifests).toHaveProperty(kept.digest);
    expect(await marks(run.folder)).toHaveLength(1);
    expect(await finish(run)).toEqual({ reports: [], problems: [] });
  });

  it('stays where it is in use by now, by its own digest or by that of its config', async () => {
    const run = await stopped();
    const { amd, inner } = run.filled;
    const config = (JSON.parse(Buffer.from(amd.bytes).toString('utf8')) as { config: { digest: Digest } }).config.digest;
    await finish(run, true, [inner.digest, config]);
    const { manifests } = contents(run.server);
    for (const one of [amd, inner]) expect(manifests).toHaveProperty(one.digest);
  });

  it('stays where a tag leads to it by now', async () => {
    const run = await stopped();
    const { amd, bill, inner } = run.filled;
    await push(run.server.url, REPOSITORY, index([index([amd])]), ['keep-9']);
    await finish(run);
    const { manifests } = contents(run.server);
    expect(manifests).toHaveProperty(amd.digest);
    expect(manifests).toHaveProperty(bill.digest);
    expect(manifests).not.toHaveProperty(inner.digest);
  });

  it('stays where its index was pushed again', async () => {
    const run = await stopped();
    await push(run.server.url, REPOSITORY, run.filled.nested, ['again']);
    const before = contents(run.server);
    expect((await finish(run)).reports).toEqual([]);
    expect(contents(run.server)).toEqual(before);
  });

  it('stays where this run is not about it, or knows the registry by another address', async () => {
    const run = await stopped();
    const before = contents(run.server);
    expect(await finish(run, false)).toEqual({ reports: [], problems: [] });
    expect(await finish({ ...run, registry: { ...run.registry, url: 'http://127.0.0.1:1' } })).toEqual({ reports: [], problems: [] });
    expect(contents(run.server)).toEqual(before);
    expect(await marks(run.folder)).toEqual([]);
  });

  it('stays while the run may be going on', async () => {
    const run = await stopped();
    const before = contents(run.server);
    const unlock = await lockRepositories(run.folder, [{ url: run.server.url, repository: REPOSITORY }]);
    expect(await finish(run)).toEqual({ reports: [], problems: [] });
    await unlock();
    expect(contents(run.server)).toEqual(before);
  });

  it('is nothing after a run that came to its end', async () => {
    const { server, registry } = await withServer();
    const filled = await fillRepository(server);
    const folder = await temporaryFolder();
    await apply(await planOf(registry), registry, { journal: new Journal(folder) });
    server.requests.length = 0;
    expect(await finish({ server, registry, filled, folder })).toEqual({ reports: [], problems: [] });
    expect(server.requests).toEqual([]);
  });

  it('is nothing where there is no journal folder yet', async () => {
    const { server, registry } = await withServer();
    const filled = await fillRepository(server);
    expect(await finish({ server, registry, filled, folder: '/nonexistent/journals' })).toEqual({ reports: [], problems: [] });
  });
});
