import { execFileSync } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SWEEPING } from '../../sweep.ts';
import { newSession, type Session } from './in-process.ts';
import { keepBuilds, registryWith, tagsIn } from './registry-with-builds.ts';

/** Deep enough for a parser that calls itself to run out of stack. */
const DEEP = SWEEPING ? 100_000 : 20_000;
const WORDS = ['--tags', 'build-*', '--keep-last', '1'] as const;

/** Files that are no plan, no journal, no inventory, no policy, no config and no list. */
const CONTENTS: readonly (readonly [what: string, content: string | Uint8Array])[] = [
  [`of ${DEEP} brackets`, '['.repeat(DEEP)],
  [`of ${DEEP} pairs of brackets`, '['.repeat(DEEP) + ']'.repeat(DEEP)],
  [`of ${DEEP} objects in each other`, '{"a":'.repeat(DEEP) + '1' + '}'.repeat(DEEP)],
  ['of one line of 3 MB', 'x'.repeat(3_000_000)],
  ['of NUL bytes', new Uint8Array(4096)],
  ['in UTF-16', Buffer.from('\ufeff{"kind": "Plan"}\n', 'utf16le')],
  ['of bytes that are no text', Buffer.from([0xff, 0xfe, 0x80, 0x0a])],
  [
    'of a bomb of aliases',
    `a: &a [x, x, x]\n${'bcdefghijklmnop'
      .split('')
      .map((name, at) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefghijklmnop'[at]}`).join(', ')}]`)
      .join('\n')}\n`,
  ],
  ['with keys of the prototype', '{"__proto__": {"kind": "Plan"}, "constructor": {"prototype": {"applyable": true}}}\n'],
];

/** What reads a file, by its name. */
const READERS: readonly (readonly [what: string, name: string, words: (host: string, file: string) => readonly string[]])[] = [
  ['a plan', 'f.json', (_, file) => ['apply', file, '--yes']],
  ['a journal', 'f.jsonl', (_, file) => ['undo', file, '--yes']],
  ['an inventory', 'f.json', (_, file) => ['prune', '--inventory', file, ...WORDS]],
  ['an inventory in lines', 'f.jsonl', (_, file) => ['prune', '--inventory', file, ...WORDS]],
  ['a policy', 'f.yaml', (host, file) => ['prune', `${host}/team/app`, '-p', file, '--apply', '--yes']],
  ['a list of what is in use', 'f.txt', (host, file) => ['prune', `${host}/team/app`, ...WORDS, '--in-use', file, '--apply', '--yes']],
  ['a config', '.regctlrc.yaml', (host) => ['prune', `${host}/team/app`, ...WORDS, '--apply', '--yes']],
];

describe.each(READERS)('%s', (what, name, words) => {
  test('that is anything else is refused as what it is, and nothing is asked for that changes something', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    for (const [kind, content] of CONTENTS) {
      const session = await newSession();
      await writeFile(join(session.folder, name), content);
      await refused(session, words(registry.host, join(session.folder, name)), name, kind);
    }
    expect(registry.requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([]);
    expect(tagsIn(registry, 'team/app')).toHaveLength(3);
  });

  test('that is a folder, or a link to one, or to nothing, is refused', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const [folder, link, dangling] = [await newSession(), await newSession(), await newSession()];
    await mkdir(join(folder.folder, name));
    await symlink('/', join(link.folder, name));
    await symlink('/does/not/exist', join(dangling.folder, name));
    for (const [kind, session] of Object.entries({ folder, link, dangling }))
      await refused(session, words(registry.host, join(session.folder, name)), name, kind, [1, 3, 5]);
    expect(tagsIn(registry, 'team/app')).toHaveLength(3);
  });

  // Of the others, a pipe is read: `-p <(…)` is one.
  if (/plan|journal|config/.test(what)) {
    test('that is a named pipe which nobody writes to is refused at once', async () => {
      const registry = await registryWith({ 'team/app': 3 });
      const session = await newSession();
      makePipe(join(session.folder, name));
      await refused(session, words(registry.host, join(session.folder, name)), name, 'a pipe', [1, 3]);
      expect(registry.requests).toEqual([]);
    });
  }

  test('that is a device without an end is refused, and not read for long', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const session = await newSession();
    await symlink('/dev/zero', join(session.folder, name));
    const before = process.memoryUsage().arrayBuffers;
    await refused(session, words(registry.host, join(session.folder, name)), name, 'a device');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(256 * 2 ** 20);
    expect(tagsIn(registry, 'team/app')).toHaveLength(3);
  });
});

describe('a pipe that is written to', () => {
  const INVENTORY = JSON.stringify({
    kind: 'Inventory',
    formatVersion: '1.0',
    takenAt: '2026-11-24T00:00:00Z',
    repositories: [{ registry: 'r', repository: 'team/app', complete: true, manifests: [] }],
  });

  test.each<readonly [what: string, content: (host: string) => string, words: (host: string, file: string) => readonly string[]]>([
    ['as a policy', () => keepBuilds(1), (host, file) => ['prune', `${host}/team/app`, '-p', file]],
    [
      'as a list of what is in use',
      (host) => `${host}/team/app:build-1\n`,
      (host, file) => ['prune', `${host}/team/app`, ...WORDS, '--in-use', file],
    ],
    ['as an inventory', () => INVENTORY, (_, file) => ['prune', '--inventory', file, ...WORDS]],
  ])('is read %s', async (_, content, words) => {
    const registry = await registryWith({ 'team/app': 3 });
    const session = await newSession();
    const pipe = join(session.folder, 'pipe');
    makePipe(pipe);
    const [{ code, stderr }] = await Promise.all([session.run(...words(registry.host, pipe)), writeFile(pipe, content(registry.host))]);
    expect(code, stderr).toBe(0);
  });
});

describe('what has the name of a journal in the journal folder and is none', () => {
  test.each<readonly [what: string, make: (path: string) => unknown]>([
    ['a named pipe', makePipe],
    ['a folder', (path) => mkdir(path)],
    ['a device', (path) => symlink('/dev/zero', path)],
  ])('does not stop the next run: %s', async (_, make) => {
    const registry = await registryWith({ 'team/app': 3 });
    const session = await newSession();
    const folder = join(session.folder, '.local/state/regprune');
    await mkdir(folder, { recursive: true });
    const name = `${new Date().toISOString().replaceAll(/[:.]/g, '-')}-abcdef.jsonl`;
    await make(join(folder, name));
    const { code, stderr } = await session.run('prune', `${registry.host}/team/app`, ...WORDS, '--apply', '--yes');
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(name);
    expect(tagsIn(registry, 'team/app')).toHaveLength(1);
  });
});

function makePipe(path: string): void {
  execFileSync('mkfifo', [path]);
}

async function refused(
  session: Session,
  words: readonly string[],
  name: string,
  what: string,
  codes: readonly number[] = [1, 3, 5],
): Promise<void> {
  const { code, stdout, stderr } = await session.run(...words);
  expect(codes, `${what}: ${stderr}${stdout}`).toContain(code);
  expect(stderr, what).toMatch(new RegExp(name.replace('.', '\\.')));
  expect(stderr.length, what).toBeLessThan(20_000);
  expect(stderr, what).not.toContain('this is a bug');
  expect(stderr.replaceAll('\n', ''), what).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
}

describe('a journal of another registry', () => {
  test('changes nothing there or here: the config knows that name at another address', async () => {
    const here = await registryWith({ 'team/app': 3 });
    const there = await registryWith({ 'team/app': 3 });
    const session = await newSession({ env: { REGISTRY_USER: 'robot', REGISTRY_PASSWORD: 'canary-0815' } });
    const policy = await session.file('policy.yaml', keepBuilds(1));
    await session.file('.regctlrc.yaml', `registries: {prod: {url: "${here.url}"}}\n`);
    const applied = await session.run('prune', 'prod/team/app', '-p', policy, '--apply', '--yes');
    expect(applied.code, applied.stderr).toBe(0);
    const [journal] = await session.journals();
    await session.file('foreign.jsonl', (await readFile(journal!, 'utf8')).replaceAll(here.url, there.url));
    here.requests.length = 0;
    there.requests.length = 0;

    const { code, stderr } = await session.run('undo', 'foreign.jsonl', '--yes');

    expect(code, stderr).toBe(3);
    expect(stderr).toContain(there.url);
    expect(there.requests).toEqual([]);
    expect(here.requests.filter(({ method }) => method === 'PUT')).toEqual([]);
    expect(tagsIn(here, 'team/app')).toHaveLength(1);
  });
});
