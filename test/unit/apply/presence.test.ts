import { describe, expect, it } from 'vitest';
import { push } from '../../../src/demo/push.ts';
import type { RequestHook, SeenRequest } from '../../../src/demo/registry-options.ts';
import { withServer } from '../registry/oci-fixture.ts';
import { apply, changes, contents, fillRepository, planOf, REPOSITORY, single } from './apply-fixture.ts';

const UNKNOWN = { status: 404, body: '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}' };

/** Carries a plan for eight images out while the registry behaves so from its first deletion on. */
async function meanwhile(begins: (request: SeenRequest, doomed: ReadonlySet<string>) => ReturnType<RequestHook>) {
  const { server, registry } = await withServer();
  for (let n = 0; n < 8; n++) await push(server, REPOSITORY, single(`image ${n}`), [`old-${n}`]);
  await push(server, REPOSITORY, single('kept'), ['keep-1']);
  const plan = await planOf(registry);
  const doomed = new Set<string>(plan.repositories[0]!.steps.map(({ digest }) => digest));
  let begun = false;
  server.onRequest((request) => {
    begun ||= request.method === 'DELETE' && doomed.has(request.path.split('/').at(-1) ?? '');
    return begun ? begins(request, doomed) : undefined;
  });
  return { server, report: await apply(plan, registry), doomed };
}

describe('"not there" is believed once another manifest of the repository is there', () => {
  it('so a registry that says it of everything has nothing that is gone, or deleted', async () => {
    const { report } = await meanwhile(({ path }) => (path.includes('/manifests/') ? UNKNOWN : undefined));
    expect(report.counts).toMatchObject({ deleted: 0, gone: 0 });
    expect(report.outcome).toBe('failed');
    expect(report.repositories[0]!.error?.code).toBe('NOT_FOUND');
  });

  it('so a repository that somebody else deletes meanwhile is an error, and not a run that is done', async () => {
    const { server, registry } = await withServer();
    await fillRepository(server);
    const plan = await planOf(registry);
    let once = true;
    server.onRequest(({ method, path }) => {
      if (!once || method !== 'DELETE' || !plan.repositories[0]!.steps.some(({ digest }) => path.endsWith(digest))) return;
      once = false;
      const { manifests, tags } = server.storage.repository(REPOSITORY);
      manifests.clear();
      tags.clear();
    });
    const report = await apply(plan, registry);
    expect(report.outcome).not.toBe('done');
    expect(report.repositories[0]!.error?.code).toBe('NOT_FOUND');
  });

  it('so nothing is put back where a registry lists no tag any more and says it of everything: it may not be read any more', async () => {
    const nothing = { status: 200, body: '{"name":"team/app","tags":[]}' };
    const { server, report } = await meanwhile(({ method, path }) =>
      method === 'DELETE' ? undefined : path.includes('/tags/list') ? nothing : path.includes('/manifests/') ? UNKNOWN : undefined,
    );
    expect(changes(server).filter((change) => change.startsWith('PUT'))).toEqual([]);
    expect(report.repositories[0]!.error?.code).toBe('NOT_FOUND');
    expect(contents(server).tags).toHaveProperty('keep-1');
  });

  it('so nothing is put back where that is found out after the last deletion, of a registry that tells the tags of a digest', async () => {
    const { server, registry } = await withServer();
    for (const name of ['one', 'two']) await push(server, REPOSITORY, single(name), [`old-${name}`]);
    await push(server, REPOSITORY, single('kept'), ['keep-1']);
    const plan = await planOf(registry);
    let deletions = 0;
    server.onRequest(({ method, path }) => {
      if (method === 'DELETE') deletions += Number(plan.repositories[0]!.steps.some(({ digest }) => path.endsWith(digest)));
      else if (deletions === 2) return path.includes('/tags/list') ? { status: 200, body: '{"name":"team/app","tags":[]}' } : UNKNOWN;
      return undefined;
    });
    const tagsOf = async (_repository: string, digest: string): Promise<string[]> =>
      [...server.storage.repository(REPOSITORY).tags].flatMap(([tag, on]) => (on === digest ? [tag] : []));
    const report = await apply(plan, { ...registry, tagsOf }, { concurrency: 1 });
    expect(deletions).toBe(2);
    expect(changes(server).filter((change) => change.startsWith('PUT'))).toEqual([]);
    expect(report.repositories[0]!.error?.code).toBe('NOT_FOUND');
  });

  it('so what somebody else has deleted is gone', async () => {
    const { server, registry } = await withServer();
    const { lone } = await fillRepository(server);
    const plan = await planOf(registry);
    server.storage.repository(REPOSITORY).manifests.delete(lone.digest);
    server.storage.repository(REPOSITORY).tags.delete('old-3');
    expect(await apply(plan, registry)).toMatchObject({ outcome: 'done', counts: { gone: 1 } });
  });
});

describe('failures in a row', () => {
  const refusal = { status: 403, body: '{"errors":[{"code":"DENIED","message":"this image is protected"}]}' };

  it('are only those that are no refusals: each image may be refused, and the others still go', async () => {
    let refused = 0;
    const { server, report } = await meanwhile(({ method, path }, doomed) =>
      method === 'DELETE' && doomed.has(path.split('/').at(-1) ?? '') && refused++ < 6 ? refusal : undefined,
    );
    expect(report.counts).toMatchObject({ locked: 6, deleted: 2 });
    expect(report.repositories[0]!.error).toBeUndefined();
    expect(contents(server).tags).toHaveProperty('keep-1');
  });

  it('are also answers that nobody understands: after five of them the other images are left alone', async () => {
    const { report } = await meanwhile(({ method, path }, doomed) =>
      method === 'DELETE' && doomed.has(path.split('/').at(-1) ?? '') ? { status: 418, body: 'no' } : undefined,
    );
    expect(report.counts).toMatchObject({ deleted: 0, failed: 5, skipped: 3 });
    expect(report.repositories[0]!.error?.message).toContain('418');
  });

  it('end with each that succeeds: nine single failures do not end a run', async () => {
    const { server, registry } = await withServer();
    for (let n = 0; n < 18; n++) await push(server, REPOSITORY, single(`image ${n}`), [`old-${n}`]);
    await push(server, REPOSITORY, single('kept'), ['keep-1']);
    const plan = await planOf(registry);
    const digests = plan.repositories[0]!.steps.map(({ digest }) => digest);
    server.onRequest(({ method, path }) => {
      const at = digests.findIndex((digest) => path.endsWith(digest));
      return method === 'DELETE' && at >= 0 && at % 2 === 1 ? 'reset' : undefined;
    });
    const report = await apply(plan, registry, { concurrency: 1, pause: async () => {} });
    expect(report.counts).toMatchObject({ deleted: 9, failed: 9, skipped: 0 });
  });
});
