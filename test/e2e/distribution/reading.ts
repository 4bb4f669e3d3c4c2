import { expect, it, onTestFinished } from 'vitest';
import { newUser } from '../program.ts';
import { KEPT_TAGS, POLICY, SHARED_TAGS } from '../registry-history.ts';
import { readStorage } from '../servers/distribution-storage.ts';
import { type Recorded, type RecordingProxy, startRecordingProxy } from '../servers/recording-proxy.ts';
import { ordinaryTags } from './tags.ts';
import type { FilledRegistry } from './filled-registry.ts';

/** What a dry run decides, and what it costs. */
export function testReading(filled: FilledRegistry): void {
  it('plans what the policy says, changing nothing and asking nothing twice', async () => {
    const { registry, proxy } = await startBehindProxy(filled);
    const before = await readStorage(registry.root);
    const user = await newUser({ files: { 'policy.yaml': POLICY } });

    const plan = await user.plan('--registry', proxy.url, '-p', 'policy.yaml');

    expect(await readStorage(registry.root)).toEqual(before);
    expect(proxy.requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([]);
    expect(repeated(proxy.requests)).toEqual([]);

    // Of the manifests on disk all are found.
    expect(
      plan.repositories.map(({ repository, images, complete }) => ({ repository, complete, digests: images.map(({ digest }) => digest) })),
    ).toEqual(Object.entries(before).map(([repository, { manifests }]) => ({ repository, complete: true, digests: manifests })));
    for (const { repository, images } of plan.repositories) {
      const staying = images
        .filter(({ action }) => action !== 'delete')
        .flatMap(({ tags, untag }) => tags.filter((tag) => !untag.includes(tag)));
      const shared = filled.version === 2 ? (SHARED_TAGS[repository] ?? []) : [];
      expect(ordinaryTags(staying), repository).toEqual([...KEPT_TAGS[repository]!, ...shared].sort());
    }

    const tags = Object.values(before).reduce((sum, one) => sum + Object.keys(one.tags).length, 0);
    const all = plan.repositories.flatMap(({ images }) => images);
    const untagged = all.filter((image) => image.tags.length === 0).length;
    // One for each tag, for each child and referrer, and for the lost image of the orphaned signature.
    expect(count(proxy.requests, /\/manifests\//)).toBeLessThanOrEqual(tags + untagged + 1);
    // One config for each image that has one.
    const blobs = proxy.requests.filter(({ path }) => path.includes('/blobs/'));
    expect(blobs.length).toBeLessThanOrEqual(all.filter(({ mediaType }) => /manifest\.v[12]\+json$/.test(mediaType)).length);
    expect(count(proxy.requests, /\/referrers\//)).toBeLessThanOrEqual(all.length);
    expect(count(proxy.requests, /\/_catalog/)).toBe(1);
    // One page each, and one question whether single tags can be taken off.
    expect(count(proxy.requests, /\/tags\/list/)).toBeLessThanOrEqual(plan.repositories.length + 1);
    expect(count(proxy.requests, /\/v2\/$/)).toBeLessThanOrEqual(1);
  });

  it('reads with a warm cache by one HEAD per tag and the pages, and asks after what attachments are attached to', async () => {
    const { registry, proxy } = await startBehindProxy(filled);
    const user = await newUser({ files: { 'policy.yaml': POLICY } });
    const plan = (): Promise<string> => user.succeed('prune', '--registry', proxy.url, '-p', 'policy.yaml', '-o', 'name');
    const cold = await plan();
    proxy.requests.length = 0;

    expect(await plan()).toBe(cold);

    const stored = Object.entries(await readStorage(registry.root));
    const tags = stored.flatMap(([name, one]) => Object.keys(one.tags).map((tag) => `HEAD /v2/${name}/manifests/${tag}`));
    const isPage = ({ method, path }: Recorded): boolean => method === 'GET' && /\/_catalog|\/tags\/list|\/v2\/$|\/referrers\//.test(path);
    const rest = proxy.requests.filter((request) => !isPage(request));
    const isByDigest = ({ path }: Recorded): boolean => path.includes('/manifests/sha256:');
    expect(
      rest
        .filter((request) => !isByDigest(request))
        .map(({ method, path }) => `${method} ${path}`)
        .sort(),
    ).toEqual(tags.sort());
    // Whether an image is still there to which something is attached, the registry alone can say.
    expect(rest.filter(isByDigest).length).toBeLessThanOrEqual(tags.filter((line) => line.includes('/manifests/sha256-')).length);
    expect(count(proxy.requests, /\/referrers\//)).toBeLessThanOrEqual(1);
    expect(repeated(proxy.requests)).toEqual([]);
  });

  it('plans the same from an inventory that it wrote', async () => {
    const registry = await filled.start();
    const user = await newUser({ files: { 'policy.yaml': POLICY } });
    const inventory = await user.succeed('inventory', '--registry', registry.url, '--out', 'inventory.json');
    expect(inventory).toBe('');
    const online = await user.plan('--registry', registry.url, '-p', 'policy.yaml');
    const offline = await user.plan('--inventory', 'inventory.json', '-p', 'policy.yaml');
    expect(offline.summary).toEqual(online.summary);
    expect(offline.repositories.map(({ images, steps }) => ({ images, steps }))).toEqual(
      online.repositories.map(({ images, steps }) => ({ images, steps })),
    );
  });
}

async function startBehindProxy(
  filled: FilledRegistry,
): Promise<{ readonly registry: Awaited<ReturnType<FilledRegistry['start']>>; readonly proxy: RecordingProxy }> {
  const registry = await filled.start();
  const proxy = await startRecordingProxy(registry.url);
  onTestFinished(() => proxy.stop());
  return { registry, proxy };
}

function count(requests: readonly Recorded[], path: RegExp): number {
  return requests.filter((request) => path.test(request.path)).length;
}

/** Each request that was sent more than once. */
function repeated(requests: readonly Recorded[]): string[] {
  const lines = requests.map(({ method, path }) => `${method} ${path}`);
  return lines.filter((line, index) => lines.indexOf(line) !== index);
}
