import { describe, expect, it, onTestFinished } from 'vitest';
import { image, layer } from '../../src/demo/image.ts';
import { push } from '../../src/demo/push.ts';
import { newSession } from './cli/in-process.ts';
import { startCraneRegistry } from './servers/crane.ts';
import { startRecordingProxy } from './servers/recording-proxy.ts';
import { skipWithout } from './servers/server-binaries.ts';

const REPOSITORIES = ['team/app', 'team/web'];
const TAGS = ['build-1', 'build-2', 'build-3', 'build-4', 'release'];

describe.skipIf(skipWithout('crane'))('the registry of go-containerregistry (needs crane)', () => {
  it('is recognised by its first deletion: the image is put back, nothing more is deleted, and the next run ends likewise', async () => {
    const registry = await startCraneRegistry();
    onTestFinished(() => registry.stop());
    for (const repository of REPOSITORIES)
      for (const tag of TAGS)
        await push(registry.url, repository, image({ layers: [layer(`${repository} ${tag}`, 100)], created: '2025-01-01T00:00:00Z' }), [
          tag,
        ]);
    const before = await digests(registry.url);
    const proxy = await startRecordingProxy(registry.url);
    onTestFinished(() => proxy.stop());
    const user = await newSession();
    const words = ['prune', ...REPOSITORIES.map((name) => `${proxy.host}/${name}`), '--tags', 'build-*', '--keep-last', '0', '--apply'];

    for (const run of [1, 2]) {
      proxy.requests.length = 0;
      const { code, stdout, stderr } = await user.run(...words);
      const said = stdout + stderr;
      expect({ run, code }, said).toEqual({ run, code: 1 });
      expect(said).toContain('keeps the tags of a manifest that is deleted, so the manifest was put back: build-');
      expect(said).not.toContain('changed since the plan was made');
      const changes = proxy.requests.filter(({ method, status }) => method === 'PUT' || (method === 'DELETE' && status === 202));
      expect(changes.map(({ method }) => method)).toEqual(['DELETE', 'PUT']);
      expect(await digests(registry.url)).toEqual(before);
    }
  });
});

/** What every tag of every repository resolves to; undefined for one that points to nothing. */
async function digests(url: string): Promise<Record<string, string | null>> {
  const found: Record<string, string | null> = {};
  for (const repository of REPOSITORIES)
    for (const tag of TAGS) {
      const { headers } = await fetch(`${url}/v2/${repository}/manifests/${tag}`, { method: 'HEAD' });
      found[`${repository}:${tag}`] = headers.get('docker-content-digest');
    }
  return found;
}
