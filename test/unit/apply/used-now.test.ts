import { describe, expect, it } from 'vitest';
import type { ApplyReport } from '../../../src/apply/apply-report.ts';
import type { EmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import type { Pushable } from '../../../src/demo/image.ts';
import type { Digest } from '../../../src/domain/digest.ts';
import type { InUseImage } from '../../../src/domain/in-use.ts';
import { withServer } from '../registry/oci-fixture.ts';
import { push } from '../../../src/demo/push.ts';
import { ToolError } from '../../../src/diagnostics/tool-error.ts';
import type { InUse } from '../../../src/domain/in-use.ts';
import { apply, contents, type Filled, fillRepository, planOf, REPOSITORY, single } from './apply-fixture.ts';

interface Scene {
  readonly server: EmbeddedRegistry;
  readonly filled: Filled;
  readonly report: ApplyReport;
  readonly outcome: (digest: string) => string | undefined;
}

/** Plans, and then carries out while these images are in use. */
async function whileUsed(images: (filled: Filled) => readonly InUseImage['image'][]): Promise<Scene> {
  const { server, registry } = await withServer();
  const filled = await fillRepository(server);
  const plan = await planOf(registry);
  const inUse = { images: images(filled).map((image) => ({ image, source: 'shop/Deployment web' })), problems: [], hosts: {} };
  const report = await apply(plan, registry, { inUseNow: async () => inUse });
  const outcome = (digest: string) => report.repositories[0]!.notDone.find((one) => one.digest === digest)?.outcome;
  return { server, filled, report, outcome };
}

function configOf({ bytes }: { readonly bytes: Uint8Array }): Digest {
  return (JSON.parse(Buffer.from(bytes).toString('utf8')) as { config: { digest: Digest } }).config.digest;
}

describe('what came into use since the plan was made', () => {
  it('is left alone as in_use, and the report says whose it is', async () => {
    const { server, filled, report, outcome } = await whileUsed(({ lone }) => [{ digest: lone.digest }]);
    expect(outcome(filled.lone.digest)).toBe('in_use');
    expect(report).toMatchObject({ outcome: 'partial', counts: { in_use: 1, drifted: 0 } });
    expect(report.repositories[0]!.notDone[0]!.message).toContain('shop/Deployment web');
    expect(contents(server).tags).toMatchObject({ 'old-3': filled.lone.digest });
  });

  it('is found by a tag, and then stays with all its tags and all that it needs', async () => {
    const { server, filled, outcome } = await whileUsed(() => [
      { reference: { text: 'team/app:old-1', repository: 'team/app', tag: 'old-1' } },
    ]);
    const { nested, inner, amd, signature, bill } = filled;
    expect(outcome(nested.digest)).toBe('in_use');
    const { manifests, tags } = contents(server);
    for (const one of [nested, inner, amd, signature, bill]) expect(manifests).toHaveProperty(one.digest);
    expect(tags).toMatchObject({ 'old-1': nested.digest, 'old-1.0': nested.digest });
  });

  it('is found by the digest of a config, and so are the indexes that hold the image', async () => {
    const { server, filled, outcome } = await whileUsed(({ amd }) => [{ digest: configOf(amd) }]);
    for (const one of [filled.nested, filled.inner]) expect(outcome(one.digest)).toBe('in_use');
    expect(contents(server).manifests).toHaveProperty(filled.amd.digest);
  });

  it('is found by the digest of one platform', async () => {
    const { server, filled, outcome } = await whileUsed(({ amd }) => [{ digest: amd.digest }]);
    expect(outcome(filled.nested.digest)).toBe('in_use');
    expect(contents(server).tags).toMatchObject({ 'old-1': filled.nested.digest });
  });

  it('keeps a tag that was to be taken off an image which stays', async () => {
    const { server, filled, outcome } = await whileUsed(({ floating }) => [{ digest: floating.digest }]);
    expect(outcome(filled.floating.digest)).toBe('in_use');
    expect(contents(server).tags).toMatchObject({ 'old-2': filled.floating.digest });
  });
});

describe('what comes into use while a run deletes', () => {
  const OLD = ['one', 'two', 'three'].map(single);
  const NOTHING: InUse = { images: [], problems: [], hosts: {} };

  /** Deletes one image after the other. What is in use is answered by `inUse` once the first is gone, from the digests that are left. */
  async function whileDeleting(inUse: (gone: Digest, left: readonly Digest[]) => InUse, shared?: Pushable) {
    const { server, registry } = await withServer();
    await push(server, REPOSITORY, single('kept'), ['keep']);
    for (const [place, one] of OLD.entries()) await push(server, REPOSITORY, one, [`old-${place}`]);
    if (shared) await push(server, REPOSITORY, shared, ['old-shared', 'keep-shared']);
    const plan = await planOf(registry);
    let [gone, now]: [Digest | undefined, InUse | undefined] = [undefined, undefined];
    let reads = 0;
    server.onRequest(({ method, path }) => {
      if (method === 'GET' && path.includes('/manifests/')) reads += 1;
    });
    const report = await apply(plan, registry, {
      concurrency: 1,
      inUseNow: async () => {
        if (gone === undefined) return NOTHING;
        const first = gone;
        return (now ??= inUse(
          first,
          OLD.map(({ digest }) => digest).filter((digest) => digest !== first),
        ));
      },
      onEvent: (event) => {
        if (event.kind === 'step') gone ??= event.result.digest;
      },
    });
    return { report, left: contents(server), reads, gone: gone as Digest | undefined };
  }

  function running(digest: Digest | undefined): InUse {
    return { images: digest === undefined ? [] : [{ image: { digest }, source: 'shop/Deployment web' }], problems: [], hosts: {} };
  }

  it('is left alone as in_use', async () => {
    const { report, left } = await whileDeleting((_gone, [next]) => running(next));
    expect(report).toMatchObject({ outcome: 'partial', counts: { deleted: 2, in_use: 1 } });
    const [{ digest, message } = { digest: '', message: '' }] = report.repositories[0]!.notDone;
    expect(message).toBe('it is in use: shop/Deployment web');
    expect(left.manifests).toHaveProperty(digest);
  });

  it('is put back where it was deleted by then', async () => {
    const { report, left, gone } = await whileDeleting((digest) => running(digest));
    expect(report.counts).toMatchObject({ deleted: 2, repaired: 1 });
    expect(left.manifests).toHaveProperty(gone as string);
    expect(Object.values(left.tags)).toContain(gone);
  });

  it('has the tag again that was taken off it by then', async () => {
    // Tags are taken off first.
    const shared = single('shared');
    const { report, left, gone } = await whileDeleting((digest) => running(digest), shared);
    expect(gone).toBe(shared.digest);
    expect(left.tags).toMatchObject({ 'old-shared': shared.digest, 'keep-shared': shared.digest });
    expect(report.counts).toMatchObject({ deleted: 3, drifted: 1, repaired: 1 });
  });

  it('ends the work in the repository where it cannot be told', async () => {
    const { report, left } = await whileDeleting(() => {
      throw new ToolError('NOT_APPLYABLE', 'it is not known what is in use: cluster eu: refused', { hint: 'run again' });
    });
    expect(report.counts).toMatchObject({ deleted: 1, skipped: 2 });
    expect(report.repositories[0]!.error).toMatchObject({
      code: 'NOT_APPLYABLE',
      message: expect.stringContaining('cluster eu') as string,
    });
    expect(Object.keys(left.manifests)).toHaveLength(3);
  });

  it('costs no request where it stays by the plan', async () => {
    const without = await whileDeleting(() => running(undefined));
    const { reads, report } = await whileDeleting(() => running(single('kept').digest));
    expect(report).toMatchObject({ outcome: 'done', counts: { deleted: 3 } });
    expect(reads).toBe(without.reads);
  });
});
