import { describe, expect, it } from 'vitest';
import { attachmentTag, attestation, cosignSignature, helmChart, sbom } from '../../../../src/demo/attachments.ts';
import { artifact, image, index, layer, type Pushable } from '../../../../src/demo/image.ts';
import { buildGraph } from '../../../../src/graph/graph.ts';
import { asked, fill, find, withHarbor } from './harbor-fixture.ts';
import { asDigest } from '../../../digest.ts';

const DAY = 86_400_000;

function app(seed: string, parts: Partial<Parameters<typeof image>[0]> = {}): Pushable {
  return image({ layers: [layer(seed, 100)], created: '2025-01-01T00:00:00.000Z', ...parts });
}

describe('what an image says', () => {
  it('is what the list tells of it', async () => {
    const { harbor, registry } = await withHarbor();
    const one = app('one', { labels: { keep: 'true' }, platform: 'linux/arm64' });
    harbor.store.now = () => Date.UTC(2025, 5, 1);
    await fill(harbor, [[one, 'v1']]);
    harbor.store.now = () => Date.UTC(2025, 5, 2);
    await fill(harbor, [[one, 'latest']]);
    harbor.store.artifact('team/app', 'v1').pullTime = Date.UTC(2025, 6, 1);
    harbor.store.artifact('team/app', 'v1').scan = { Low: 3, Critical: 1 };

    const inventory = await registry.inventory('team/app');

    expect(inventory).toMatchObject({ registry: 'prod', type: 'harbor', repository: 'team/app', complete: true });
    expect(inventory.manifests).toEqual([
      {
        digest: one.digest,
        mediaType: one.mediaType,
        size: one.bytes.length + one.blobs.reduce((sum, { bytes }) => sum + bytes.length, 0),
        tags: ['latest', 'v1'],
        tagTimes: { latest: '2025-06-02T00:00:00.000Z', v1: '2025-06-01T00:00:00.000Z' },
        pushedAt: '2025-06-01T00:00:00.000Z',
        pulledAt: '2025-07-01T00:00:00.000Z',
        createdAt: '2025-01-01T00:00:00.000Z',
        children: [],
        labels: { keep: 'true' },
        platforms: ['linux/arm64'],
        vulnerability: 'critical',
        findings: [
          { severity: 'critical', fixable: false, count: 1, since: expect.any(String) as string },
          { severity: 'low', fixable: false, count: 3, since: expect.any(String) as string },
        ],
      },
    ]);
  });

  it('has no pull time where it was never pulled, and no finding where it was not scanned or the scan failed', async () => {
    const { harbor, registry } = await withHarbor();
    await fill(harbor, [
      [app('never'), 'never'],
      [app('failed'), 'failed'],
      [app('clean'), 'clean'],
      [app('unknown'), 'unknown'],
    ]);
    harbor.store.artifact('team/app', 'failed').scan = null;
    harbor.store.artifact('team/app', 'clean').scan = {};
    harbor.store.artifact('team/app', 'unknown').scan = { Unknown: 4 };

    const inventory = await registry.inventory('team/app');

    expect(find(inventory, 'never').pulledAt).toBeUndefined();
    expect(['never', 'failed', 'clean', 'unknown'].map((tag) => find(inventory, tag).vulnerability)).toEqual([
      undefined,
      undefined,
      'none',
      undefined,
    ]);
  });

  it('keeps the labels of Harbor apart from those of the image', async () => {
    const { harbor, registry } = await withHarbor();
    await fill(harbor, [
      [app('both', { labels: { stable: 'no' } }), 'both'],
      [index([app('child')]), 'list'],
    ]);
    harbor.store.artifact('team/app', 'both').labels = ['stable'];
    harbor.store.artifact('team/app', 'list').labels = ['stable'];

    const inventory = await registry.inventory('team/app');

    expect(find(inventory, 'both').labels).toEqual({ stable: 'no', 'harbor/stable': 'true' });
    expect(find(inventory, 'list').labels).toEqual({ 'harbor/stable': 'true' });
  });

  it('is, of an index, what its images agree on, and not a label of Harbor on one of them', async () => {
    const { harbor, registry } = await withHarbor();
    const amd = app('amd', { labels: { keep: 'true', word: 'one' }, platform: 'linux/amd64' });
    const arm = app('arm', { labels: { keep: 'true', word: 'another' }, platform: 'linux/arm64' });
    const inner = index([amd, arm, app('bare')]);
    await fill(harbor, [
      [amd, 'amd'],
      [inner, 'inner'],
      [index([inner]), 'outer'],
    ]);
    harbor.store.artifact('team/app', 'amd').labels = ['stable'];
    harbor.store.artifact('team/app', 'outer').labels = ['mine'];

    const inventory = await registry.inventory('team/app');

    expect(find(inventory, 'inner').labels).toEqual({ keep: 'true' });
    expect(find(inventory, 'outer').labels).toEqual({ keep: 'true', 'harbor/mine': 'true' });
  });

  it('has its immutable tags locked', async () => {
    const { harbor, registry } = await withHarbor();
    harbor.store.addImmutableRule('team', 'v*');
    await fill(harbor, [[app('one'), 'v1', 'nightly']]);

    expect(find(await registry.inventory('team/app'), 'v1').lockedTags).toEqual(['v1']);
  });

  it('has the type of an artifact that is no image, from Harbor 2.11 on', async () => {
    const chart = helmChart({ name: 'web', version: '1.0.0', created: '2025-02-01T00:00:00.000Z' });
    const custom = artifact({ artifactType: 'application/vnd.example.model' });
    const now = await withHarbor();
    await fill(now.harbor, [
      [chart, 'chart'],
      [custom, 'model'],
      [app('image'), 'image'],
    ]);
    const inventory = await now.registry.inventory('team/app');
    expect(['chart', 'model', 'image'].map((tag) => find(inventory, tag).artifactType)).toEqual([
      'application/vnd.cncf.helm.config.v1+json',
      'application/vnd.example.model',
      undefined,
    ]);
    expect(find(inventory, 'chart').createdAt).toBe('2025-02-01T00:00:00.000Z');
    expect(inventory.capabilities.artifactType).toBe(true);

    const before = await withHarbor({ version: 'v2.9.5-672ec4ad', artifactTypes: false });
    await fill(before.harbor, [[chart, 'chart']]);
    expect((await before.registry.inventory('team/app')).capabilities.artifactType).toBe(false);
  });
});

describe('an index', () => {
  it('comes with its untagged children, and counts its own bytes alone', async () => {
    const { harbor, registry } = await withHarbor();
    const [amd, arm] = [
      app('amd', { created: '2025-03-01T00:00:00.000Z' }),
      app('arm', { created: '2025-03-02T00:00:00.000Z', platform: 'linux/arm64/v8' }),
    ];
    const inner = index([amd, attestation(amd)]);
    const outer = index([inner, arm]);
    await fill(harbor, [[outer, 'v1']]);
    harbor.store.artifact('team/app', amd.digest).pullTime = Date.UTC(2025, 6, 1);

    const inventory = await registry.inventory('team/app');

    expect(inventory.manifests).toHaveLength(5);
    expect(find(inventory, 'v1')).toMatchObject({
      size: outer.bytes.length,
      children: [inner.digest, arm.digest],
      createdAt: '2025-03-02T00:00:00.000Z',
      platforms: ['linux/amd64', 'linux/arm64/v8'],
      // A platform that is pulled by its digest says so of itself alone, up to Harbor 2.15.
      pulledAt: '2025-07-01T00:00:00.000Z',
    });
    expect(find(inventory, arm.digest)).toMatchObject({ tags: [], platforms: ['linux/arm64/v8'] });
    expect(asked(harbor)).toEqual([
      'GET @/systeminfo',
      'GET @/projects/team/repositories/app/artifacts?q=base%3D*&page=1&page_size=100',
      'GET @/projects/team',
    ]);
  });

  it('is as old as nobody knows where one of its images does not say', async () => {
    const { harbor, registry } = await withHarbor();
    await fill(harbor, [[index([app('old'), image({ layers: [layer('silent', 10)] })]), 'v1']]);
    expect(find(await registry.inventory('team/app'), 'v1').createdAt).toBeUndefined();
  });

  it('finds its children one by one where base=* is not honoured', async () => {
    const { harbor, registry } = await withHarbor({ ignoresBase: true });
    const [amd, arm] = [app('amd'), app('arm')];
    const outer = index([index([amd]), arm]);
    await fill(harbor, [[outer, 'v1']]);

    const inventory = await registry.inventory('team/app');

    expect(inventory.complete).toBe(true);
    expect(inventory.manifests).toHaveLength(4);
    expect(find(inventory, 'v1').size).toBe(outer.bytes.length);
  });
});

describe('what is attached', () => {
  it('is found without a request of its own where cosign signed everything', async () => {
    const { harbor, registry } = await withHarbor();
    const images = ['a', 'b', 'c'].map((seed) => app(seed));
    await fill(
      harbor,
      images.map((one, number) => [one, `v${number}`]),
    );
    await fill(
      harbor,
      images.map((one) => [cosignSignature(one), attachmentTag(one.digest, 'sig')]),
    );

    const inventory = await registry.inventory('team/app');

    expect(inventory.manifests).toHaveLength(6);
    for (const one of images) {
      const signature = cosignSignature(one);
      expect(find(inventory, one.digest).signed).toBe(true);
      expect(find(inventory, signature.digest)).toMatchObject({
        mediaType: signature.mediaType,
        size: signature.bytes.length + signature.blobs.reduce((sum, { bytes }) => sum + bytes.length, 0),
        tags: [attachmentTag(one.digest, 'sig')],
        subject: one.digest,
      });
    }
    expect(asked(harbor)).toEqual([
      'GET @/systeminfo',
      'GET @/projects/team/repositories/app/artifacts?q=base%3D*&page=1&page_size=100',
      'GET @/projects/team',
      'GET /v2/',
      'GET /service/token?service=harbor-registry&scope=repository%3Ateam%2Fapp%3Apull',
      'GET /v2/team/app/tags/list',
      'GET @/projects/team/immutabletagrules?page=1&page_size=100',
    ]);
  });

  it('is found to any depth, with its own types', async () => {
    const { harbor, registry } = await withHarbor();
    const signed = app('signed');
    const bill = sbom(signed, '2025-04-01T00:00:00.000Z');
    const signature = artifact({ artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json', subject: bill });
    const notation = artifact({ artifactType: 'application/vnd.cncf.notary.signature', subject: signed });
    await fill(harbor, [[signed, 'v1'], [bill], [signature], [notation]]);

    const inventory = await registry.inventory('team/app');

    expect(find(inventory, bill.digest)).toMatchObject({
      subject: signed.digest,
      artifactType: 'application/spdx+json',
      createdAt: '2025-04-01T00:00:00.000Z',
    });
    expect(find(inventory, signature.digest)).toMatchObject({
      subject: bill.digest,
      artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    });
    expect(find(inventory, notation.digest)).toMatchObject({
      subject: signed.digest,
      artifactType: 'application/vnd.cncf.notary.signature',
    });
    const graph = buildGraph(inventory.manifests);
    expect([signed, bill, signature].map(({ digest }) => graph.find(digest)?.signed)).toEqual([true, true, false]);
  });

  it('may be an entry of the index too, as BuildKit makes it', async () => {
    const { harbor, registry } = await withHarbor();
    const amd = app('amd');
    const proof = attestation(amd, { subject: true });
    await fill(harbor, [[index([amd, proof]), 'v1']]);

    const inventory = await registry.inventory('team/app');

    expect(inventory.manifests).toHaveLength(3);
    expect(find(inventory, proof.child.digest)).toMatchObject({ subject: amd.digest });
    expect(find(inventory, 'v1').platforms).toEqual(['linux/amd64']);
  });

  it('has its own tags, also ordinary ones that no list of artifacts shows', async () => {
    const { harbor, registry } = await withHarbor();
    const signed = app('signed');
    const bill = artifact({ artifactType: 'application/vnd.goharbor.harbor.sbom.v1', subject: signed });
    await fill(harbor, [
      [signed, 'v1'],
      [bill, 'bill-of-v1'],
    ]);
    harbor.store.addImmutableRule('team', 'bill-*');

    expect(find(await registry.inventory('team/app'), bill.digest)).toMatchObject({
      tags: ['bill-of-v1'],
      lockedTags: ['bill-of-v1'],
      subject: signed.digest,
    });
  });

  it('is found below a signature too where a tag shows that there is something', async () => {
    const { harbor, registry } = await withHarbor();
    const signed = app('signed');
    const signature = cosignSignature(signed);
    const remark = artifact({ artifactType: 'application/vnd.example.remark', subject: signature });
    await fill(harbor, [
      [signed, 'v1'],
      [signature, attachmentTag(signed.digest, 'sig')],
      [remark, 'remark'],
    ]);

    expect(find(await registry.inventory('team/app'), 'remark')).toMatchObject({ digest: remark.digest, subject: signature.digest });
  });

  it('is locked where the tag of a signature is immutable', async () => {
    const { harbor, registry } = await withHarbor();
    const signed = app('signed');
    const tag = attachmentTag(signed.digest, 'sig');
    await fill(harbor, [
      [signed, 'v1'],
      [cosignSignature(signed), tag],
    ]);
    harbor.store.addImmutableRule('team', 'sha256-*');

    expect(find(await registry.inventory('team/app'), tag).lockedTags).toEqual([tag]);
  });

  it('is asked for one by one where a project caches another registry, whose tags its list has', async () => {
    const { harbor, registry } = await withHarbor();
    const signed = app('signed');
    const cache = harbor.store.addProject('cache');
    await fill(
      harbor,
      [
        [signed, 'v1'],
        [cosignSignature(signed), attachmentTag(signed.digest, 'sig')],
      ],
      'cache/app',
    );
    cache.registryId = 7;

    const inventory = await registry.inventory('cache/app');

    expect(find(inventory, attachmentTag(signed.digest, 'sig')).subject).toBe(signed.digest);
    expect(inventory.capabilities.undo).toBe(false);
    expect(asked(harbor).filter((line) => line.includes('/v2/'))).toEqual([]);
  });

  it('makes the repository incomplete where it cannot be read', async () => {
    const { harbor, registry } = await withHarbor();
    const signed = app('signed');
    const bill = sbom(signed, '2025-04-01T00:00:00.000Z');
    await fill(harbor, [[signed, 'v1'], [bill]]);
    harbor.onRequest(({ path }) =>
      path.includes(`artifacts/${bill.digest}`)
        ? { status: 500, body: '{"errors":[{"code":"UNKNOWN","message":"internal server error"}]}' }
        : undefined,
    );

    const inventory = await registry.inventory('team/app');

    expect(inventory.complete).toBe(false);
    expect(inventory.problems?.[0]).toContain(`prod/team/app@${bill.digest}`);
  });
});

describe('reading', () => {
  it('never pulls anything', async () => {
    const { harbor, registry } = await withHarbor();
    const amd = app('amd');
    await fill(harbor, [
      [index([amd, attestation(amd)]), 'v1'],
      [cosignSignature(amd), attachmentTag(amd.digest, 'sig')],
      [sbom(amd, '2025-04-01T00:00:00.000Z')],
    ]);
    harbor.store.now = () => Date.now() + DAY;

    await registry.inventory('team/app');
    await registry.listTags('team/app');
    await registry.resolveTag('team/app', 'v1');
    await registry.tagsOf?.('team/app', amd.digest);

    expect([...harbor.store.artifacts.values()].filter(({ pullTime }) => pullTime > 0)).toEqual([]);
    expect(asked(harbor).filter((line) => line.includes('/manifests/'))).toEqual([]);
  });

  it('sends no cookie back, so that Harbor asks for no CSRF token', async () => {
    const { harbor, registry } = await withHarbor();
    await fill(harbor, [[app('one'), 'v1']]);
    await registry.inventory('team/app');
    const { digest } = harbor.store.artifact('team/app', 'v1');
    expect(await registry.deleteTag('team/app', 'v1', asDigest(digest))).toEqual({ outcome: 'deleted' });
    expect(harbor.requests.filter(({ headers }) => headers['cookie'] !== undefined)).toEqual([]);
  });

  it('finds repositories with slashes in their names, and projects with numbers for names', async () => {
    const { harbor, registry } = await withHarbor();
    harbor.store.addProject('2024');
    await fill(harbor, [[app('deep'), 'v1']], '2024/a/b/c');
    expect(find(await registry.inventory('2024/a/b/c'), 'v1').tags).toEqual(['v1']);
    expect(asked(harbor)[1]).toContain('/projects/2024/repositories/a%252Fb%252Fc/artifacts');
    await registry.checkDelete('2024/a/b/c', { tags: true });
    expect(harbor.requests.find(({ path }) => path === '/api/v2.0/projects/2024')?.status).toBe(200);
  });
});
