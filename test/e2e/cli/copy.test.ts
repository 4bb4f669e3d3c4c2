import { describe, expect, onTestFinished, test } from 'vitest';
import { attachmentTag, cosignSignature } from '../../../src/demo/attachments.ts';
import { type EmbeddedRegistry, startEmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import { image, index, layer, type Pushable } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import type { EmbeddedRegistryOptions } from '../../../src/demo/registry-options.ts';
import type { CopyReport } from '../../../src/report/copy-text.ts';
import { newSession, type Session } from './in-process.ts';

const FROM = 'team/app';
const TO = 'apps/team/app';

interface World {
  readonly session: Session;
  readonly source: EmbeddedRegistry;
  readonly edge: EmbeddedRegistry;
  readonly words: readonly string[];
  readonly newest: Pushable;
}

async function start(options: EmbeddedRegistryOptions = {}): Promise<EmbeddedRegistry> {
  const server = await startEmbeddedRegistry(options);
  onTestFinished(() => server.close());
  return server;
}

/** Versions v1.0.0 to v1.3.0, of which the newest is signed and stable, and a build. */
async function world(options: EmbeddedRegistryOptions = {}): Promise<World> {
  const [source, edge, session] = await Promise.all([start(), start(options), newSession()]);
  const made = (seed: string, month = 9): Pushable => image({ layers: [layer(seed, 500)], created: `2026-0${month}-01T00:00:00Z` });
  const newest = index([made('amd'), made('arm')]);
  for (const minor of [0, 1, 2]) await push(source, FROM, made(`${minor}`, minor + 1), [`v1.${minor}.0`]);
  await push(source, FROM, newest, ['v1.3.0', 'stable']);
  await push(source, FROM, cosignSignature(newest), [attachmentTag(newest.digest, 'sig')]);
  await push(source, FROM, made('build'), ['build-1']);
  const policy = await session.file(
    'edge.yaml',
    `version: 1
policies:
  - name: edge
    rules:
      - {name: versions, tags: ["v*"], order: semver, keep: {last: 2}}
      - {name: stable, tags: [stable], keep: all}
`,
  );
  await session.file('.regctlrc.yaml', `registries: {prod: {url: ${source.url}}, edge: {url: ${edge.url}}}\n`);
  return { session, source, edge, newest, words: ['copy', `prod/${FROM}`, '--to', 'edge/apps', '-p', policy] };
}

function writes({ requests }: EmbeddedRegistry): string[] {
  return requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD').map(({ method, path }) => `${method} ${path}`);
}

describe('copy', () => {
  test('tells what would go, copies what the rules keep with its signatures, and sends nothing twice', async () => {
    const { session, source, edge, newest, words } = await world();
    const dry = await session.run(...words);
    expect(dry).toMatchObject({ code: 0, stdout: expect.stringContaining(`prod/${FROM} to edge/${TO}  2 images: `) });
    expect(dry.stdout).toContain('Nothing has been copied: add --apply to do it.');
    expect(writes(edge)).toEqual([]);
    expect(await session.run(...words, '--apply')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('2 of 2 images are there, whole.'),
    });
    const { tags } = edge.storage.repository(TO);
    expect([...tags.keys()].toSorted()).toEqual([attachmentTag(newest.digest, 'sig'), 'stable', 'v1.2.0', 'v1.3.0']);
    expect(tags.get('v1.3.0')).toBe(newest.digest);
    expect(writes(source)).toEqual([...writes(source)].filter((line) => line.startsWith('P')));
    expect(source.storage.repository(FROM).tags.size).toBe(7);
    edge.requests.length = 0;
    const again = await session.run(...words, '--apply', '-o', 'json');
    expect((JSON.parse(again.stdout) as CopyReport).repositories[0]?.images.map(({ outcome }) => outcome)).toEqual(['copied', 'copied']);
    expect(writes(edge)).toEqual([]);
  });

  test('moves a tag only where it is told to', async () => {
    const { session, source, edge, words } = await world();
    await session.run(...words, '--apply');
    const next = image({ layers: [layer('next', 500)], created: '2026-02-01T00:00:00Z' });
    await push(source, FROM, next, ['stable', 'v1.4.0']);
    const kept = await session.run(...words, '--apply');
    expect(kept).toMatchObject({
      code: 6,
      stdout: expect.stringMatching(/stable, v1\.4\.0 {2}failed: The tag edge\/apps\/team\/app:stable is there/),
    });
    expect(edge.storage.repository(TO).tags.has('v1.4.0')).toBe(false);
    expect(await session.run(...words, '--apply', '--move-tags')).toMatchObject({ code: 0 });
    expect(edge.storage.repository(TO).tags.get('stable')).toBe(next.digest);
  });

  test('by flags alone, and into what is copied itself it is refused', async () => {
    const { session, edge, source } = await world();
    const words = ['copy', `prod/${FROM}`, '--tags', 'v*', '--keep-last', '1'];
    expect(await session.run(...words, '--to', 'edge', '--apply')).toMatchObject({ code: 0 });
    expect(edge.storage.repository(FROM).tags.size).toBe(2);
    const refused = await session.run(...words, '--to', source.host, '--apply');
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('is itself among what is copied') });
  });

  test('ends with 4 where the right to push is missing', async () => {
    const { session, words } = await world({ auth: { scheme: 'bearer', users: [], anonymous: { '*': ['pull'] } } });
    const { code, stdout } = await session.run(...words, '--apply');
    expect({ code, stdout }).toEqual({ code: 4, stdout: expect.stringContaining('0 of 2 images are there, whole.') });
  });
});
