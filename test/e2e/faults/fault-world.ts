import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { attachmentTag, cosignSignature } from '../../../src/demo/attachments.ts';
import type { EmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import { image, index, layer } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import type { Fault, RequestHook, SeenRequest } from '../../../src/demo/registry-options.ts';
import { withRegistry } from '../../unit/demo/with-registry.ts';
import { newSession, NOW, type Session } from '../cli/in-process.ts';
import { asDigest } from '../../digest.ts';

const DAY = 86_400_000;
export const REPOSITORY = 'team/app';
export const USER = { name: 'robot', password: 'canary-Pa55word-of-the-robot', access: { '*': ['pull', 'push', 'delete'] }, catalog: true };

/** A registry behind a token server, a user who has its password, and another server that must never get to know it. */
export interface FaultWorld {
  readonly registry: EmbeddedRegistry;
  readonly session: Session;
  /** Of another origin on this machine: headers of all that it was asked. */
  readonly elsewhere: { readonly url: string; readonly asked: IncomingHttpHeaders[] };
  /** Everything that is there: tags, and manifests by digest. */
  truth(): Truth;
}

interface Truth {
  readonly tags: Readonly<Record<string, string>>;
  readonly manifests: readonly string[];
}

/** Builds of one day to nine, each fourth an index of two platforms, signed ones among them. */
export async function newFaultWorld(): Promise<FaultWorld> {
  const registry = await withRegistry({ auth: { scheme: 'bearer', users: [USER] } });
  const auth = { user: USER.name, password: USER.password };
  for (let number = 1; number <= 9; number++) {
    const created = new Date(NOW - (10 - number) * DAY).toISOString();
    const build = (name: string) => image({ layers: [layer(`${name} ${number}`, 100)], created });
    const one =
      number % 4 === 0
        ? index([
            { child: build('amd'), platform: 'linux/amd64' },
            { child: build('arm'), platform: 'linux/arm64' },
          ])
        : build('app');
    await push(registry, REPOSITORY, one, [`build-${number}`], { auth });
    if (number % 3 === 0) await push(registry, REPOSITORY, cosignSignature(one), [attachmentTag(one.digest, 'sig')], { auth });
  }
  const elsewhere = await startElsewhere();
  const session = await newSession({ env: { REGISTRY_USER: USER.name, REGISTRY_PASSWORD: USER.password } });
  const truth = (): Truth => {
    const { tags, manifests } = registry.storage.repository(REPOSITORY);
    return { tags: Object.fromEntries(tags), manifests: [...manifests.keys()].toSorted() };
  };
  return { registry, session, elsewhere, truth };
}

async function startElsewhere(): Promise<FaultWorld['elsewhere']> {
  const asked: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

/** What comes of a run. */
interface Outcome {
  readonly code: number;
  readonly text: string;
}

/** Words of a run that keeps the three newest builds: six go. */
const WORDS = ['--tags', 'build-*', '--keep-last', '3'] as const;

export async function dryRun({ registry, session }: FaultWorld, ...more: readonly string[]): Promise<Outcome> {
  const { code, stdout, stderr } = await session.run('prune', `${registry.host}/${REPOSITORY}`, ...WORDS, '-v', ...more);
  return { code, text: stdout + stderr };
}

/**
 * Plans while all is well, and carries out while the fault comes, with the first deletion that it hits and from then on. Checks that
 * nothing is gone that the plan keeps, with all that this needs.
 */
export async function applyWith(world: FaultWorld, begins: (request: SeenRequest) => boolean, fault: RequestHook): Promise<Outcome> {
  const { registry, session } = world;
  const before = world.truth();
  const plan = await session.plan([`${registry.host}/${REPOSITORY}`, ...WORDS, '--plan-out', 'plan.json']);
  const [planned] = plan.repositories;
  expect(planned!.summary.images).toMatchObject({ keep: 3, delete: 6 });
  let on = false;
  const off = registry.onRequest((request) => {
    on ||= begins(request);
    return on ? fault(request) : undefined;
  });
  const { code, stdout, stderr } = await session.run(
    'apply',
    join(session.folder, 'plan.json'),
    '--registry',
    registry.host,
    '--yes',
    '-v',
  );
  off();
  const after = world.truth();
  const kept = planned!.images.filter(({ action }) => action !== 'delete');
  for (const { digest, tags } of kept) {
    expect(after.manifests, digest).toContain(digest);
    for (const tag of tags) expect(after.tags[tag], tag).toBe(digest);
  }
  const known = new Set(before.manifests);
  expect(after.manifests.filter((digest) => !known.has(digest))).toEqual([]);
  return { code, text: stdout + stderr };
}

/** The deletion of something that is there, as opposed to the question whether anything can be deleted. */
export function deletes({ registry }: FaultWorld): (request: SeenRequest) => boolean {
  const there = registry.storage.repository(REPOSITORY).manifests;
  return ({ method, path }) => method === 'DELETE' && there.has(asDigest(decodeURIComponent(path.split('/').at(-1) ?? '')));
}

/** True of a request for the repository: not of `/v2/` and the token server. */
export function isAboutIt({ path }: SeenRequest): boolean {
  return path.startsWith(`/v2/${REPOSITORY}/`);
}

export const only =
  (wanted: (request: SeenRequest) => boolean, fault: Fault): RequestHook =>
  (request) =>
    wanted(request) ? fault : undefined;

/** Nothing of what a terminal takes for a command, or that turns the direction of writing, but the colours that nobody asked for either. */
export function expectPlainText(text: string): void {
  // eslint-disable-next-line no-control-regex
  expect(text.replaceAll('\n', '').match(/[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u)).toBeNull();
}
