import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { EmbeddedRegistry } from '../../src/demo/embedded-registry.ts';
import { artifact, image, layer } from '../../src/demo/image.ts';
import { push } from '../../src/demo/push.ts';
import type { Fault, RequestHook, SeenRequest } from '../../src/demo/registry-options.ts';
import { PLAN_FORMS } from '../../src/run/plan-forms.ts';
import { withRegistry } from '../unit/demo/with-registry.ts';
import { newSession, type Session } from './cli/in-process.ts';
import { everyThird } from '../sweep.ts';
import { expectNoCanary } from './expect-no-canary.ts';

/*
 * A registry that repeats the credentials that it was sent, in every place that there is for it, and all commands that look at it. Each
 * test has a secret of its own, because what one has taught the program is masked in the next.
 */

const USER = 'robot';
const DAY = (number: number): string => `2026-01-0${number}T00:00:00Z`;
const build = (seed: string, parts: Partial<Parameters<typeof image>[0]> = {}): ReturnType<typeof image> =>
  image({ layers: [layer(seed, 10)], created: DAY(1), ...parts });

interface Scene {
  readonly secret: string;
  readonly registry: EmbeddedRegistry;
  readonly session: Session;
  /** What the registry was sent as Authorization. */
  readonly sent: ReadonlySet<string>;
}

/** A registry with three images, and a user whose password is `secret`. */
async function scene(secret: string, scheme: 'basic' | 'bearer' = 'basic'): Promise<Scene> {
  const access = { '*': ['pull', 'push', 'delete'] };
  const registry = await withRegistry({
    auth:
      scheme === 'basic'
        ? { scheme, user: USER, password: secret }
        : { scheme, users: [{ name: USER, password: secret, access, catalog: true }] },
  });
  for (const day of [1, 2, 3])
    await push(registry, 'team/app', build(`${day}`, { created: DAY(day) }), [`build-${day}`], {
      auth: { user: USER, password: secret },
    });
  const session = await newSession({ env: { REGISTRY_USER: USER, REGISTRY_PASSWORD: secret, PATH: process.env['PATH'] } });
  return { secret, registry, session, sent: sentTo(registry) };
}

function sentTo(registry: EmbeddedRegistry): ReadonlySet<string> {
  const sent = new Set<string>();
  registry.onRequest(({ headers: { authorization } }) => {
    if (authorization !== undefined) sent.add(authorization.replace(/^\S+ /, ''));
  });
  return sent;
}

/** Runs every command that reads the registry, and looks through all that they have shown and written. Answers what they showed. */
async function searched({ secret, registry, session, sent }: Scene, given: readonly string[] = []): Promise<string> {
  const words = [registry.host, '--tags', '**', '--keep-last', '1'];
  const all: string[] = [];
  const run = async (...argv: readonly string[]): Promise<void> => {
    const { stdout, stderr } = await session.run(...argv);
    all.push(`$ ${argv.join(' ')}\n${stdout}${stderr}`);
  };
  await run('prune', ...words, '-v');
  await run('prune', ...words, ...PLAN_FORMS.flatMap((form) => ['-o', `${form}=answer.${form}`]), '--plan-out', 'plan.json');
  await run('prune', ...words, '-o', 'json', '--plan-out', 'plan.json', '--out', 'answer.json', '--metrics-file', 'm.prom');
  await run('inventory', registry.host);
  await run('inventory', registry.host, '--out', 'inventory.jsonl');
  await run('explain', `${registry.host}/team/app:build-1`, '--keep-last', '1');
  await run('apply', 'plan.json', '--yes', '-v');
  await run('prune', ...words, '--apply', '-v', '--metrics-file', 'm.prom');
  for (const journal of await session.journals()) {
    await run('show', journal);
    await run('undo', journal, '--yes');
  }
  await run('show', 'plan.json', '-v');
  const output = all.join('\n');
  await expectNoCanary({ home: session.folder }, [secret, `${USER}:${secret}`, ...sent], output, given);
  return output;
}

/** Everything of a request, in every form that a careless server may give it. */
function repeated({ headers, path, body }: SeenRequest): string {
  const word = headers.authorization?.split(' ')[1] ?? '';
  const pair = Buffer.from(word, 'base64').toString('utf8');
  const secret = pair.slice(pair.indexOf(':') + 1);
  const spoken = [
    headers.authorization,
    pair,
    secret,
    encodeURIComponent(secret),
    encodeURIComponent(secret).toLowerCase(),
    word.slice(0, 30),
  ];
  return `${spoken.join(' ')} ${JSON.stringify({ headers, path, secret })} ${body.toString('utf8')}`;
}

const error = (status: number, body: object): Fault => ({
  status,
  headers: { 'content-type': 'application/json', 'www-authenticate': 'Basic realm="x"' },
  body: JSON.stringify(body),
});
const isTags = ({ path }: SeenRequest): boolean => path.includes('/tags/list');
const isManifest = ({ path, method }: SeenRequest): boolean => method === 'GET' && path.includes('/manifests/');

/** Where it is repeated, by what the registry answers. */
const ANSWERS: readonly (readonly [where: string, hook: RequestHook])[] = [
  ['the message of an error', (seen) => (isTags(seen) ? error(403, { errors: [{ code: 'DENIED', message: repeated(seen) }] }) : undefined)],
  [
    'the detail of an error',
    (seen) =>
      isManifest(seen)
        ? error(507, { errors: [{ code: 'X', message: 'no', detail: { seen: repeated(seen), ...seen.headers } }] })
        : undefined,
  ],
  ['the code of an error', (seen) => (isTags(seen) ? error(418, { errors: [{ code: repeated(seen), message: 'no' }] }) : undefined)],
  [
    'a very long message',
    (seen) => (isTags(seen) ? error(403, { errors: [{ message: `${'x'.repeat(280)}${repeated(seen)}` }] }) : undefined),
  ],
  [
    'the title of a web page',
    (seen) =>
      isTags(seen) ? { status: 403, headers: { 'content-type': 'text/html' }, body: `<title>${repeated(seen)}</title>` } : undefined,
  ],
  [
    'the place that it redirects to',
    (seen) =>
      isTags(seen)
        ? { status: 307, headers: { location: `http://169.254.1.1/${encodeURIComponent(repeated(seen)).slice(0, 900)}` } }
        : undefined,
  ],
  [
    'the link to the next page',
    (seen) =>
      isTags(seen)
        ? (reply) => ({
            ...reply,
            headers: { ...reply.headers, link: `<http://127.0.0.1:1/${encodeURIComponent(repeated(seen)).slice(0, 900)}>; rel="next"` },
          })
        : undefined,
  ],
  [
    'the digest of an answer',
    (seen) =>
      isManifest(seen)
        ? (reply) => ({ ...reply, headers: { ...reply.headers, 'docker-content-digest': `sha256:${seen.headers.authorization}` } })
        : undefined,
  ],
  [
    'the name of a repository',
    (seen) =>
      seen.path.includes('_catalog') ? { status: 200, body: JSON.stringify({ repositories: ['team/app', repeated(seen)] }) } : undefined,
  ],
  [
    'the name of a tag that is none',
    (seen) => (isTags(seen) ? { status: 200, body: JSON.stringify({ name: 'team/app', tags: [repeated(seen)] }) } : undefined),
  ],
  [
    'the answer to a deletion',
    (seen) =>
      seen.method === 'DELETE' && !seen.path.includes('check')
        ? error(409, { errors: [{ code: 'X', message: repeated(seen) }] })
        : undefined,
  ],
];

test.for(everyThird(ANSWERS))('a password that comes back in %s is shown and written nowhere', async ([where, hook]) => {
  const place = await scene(`can@ry "${where.replaceAll(' ', '/')}+0815`);
  place.registry.onRequest(hook);
  const output = await searched(place);
  if (!/digest|place|link/.test(where)) expect(output).toContain('***');
});

/** A secret that can be a tag and the name of a repository. */
const NAMEABLE = (where: string): string => `canary-0815-${where.replaceAll(' ', '-')}-token`;

/** What the registry holds. */
const CONTENT: readonly (readonly [
  where: string,
  thing: (secret: string) => ReturnType<typeof image>,
  tag?: (secret: string) => string,
])[] = [
  ['a label', (secret) => build('l', { labels: { [secret]: 'x', y: `the ${secret}`, z: Buffer.from(`a:${secret}`).toString('base64') } })],
  ['an annotation', (secret) => build('a', { annotations: { note: secret } })],
  ['a kind of artifact', (secret) => artifact({ artifactType: `application/${secret}`, annotations: { a: secret } })],
  ['a tag', () => build('t'), (secret) => `v-${secret}`],
  ['a time', (secret) => build('c', { created: secret })],
];

test.for(everyThird(CONTENT))('a password that stands in %s of an image is shown and written nowhere', async ([where, thing, tag]) => {
  const secret = NAMEABLE(where);
  const place = await scene(secret);
  const { registry, session } = place;
  const auth = { user: USER, password: secret };
  await push(registry, 'team/app', thing(secret), [tag?.(secret) ?? 'reflected'], { auth });
  registry.requests.length = 0;
  await session.run('prune', registry.host, '--tags', 'reflected', '--keep-last', '0', '--apply');
  const output = await searched(place);
  const digest = thing(secret).digest;
  const there = registry.storage.repositories.get('team/app')?.manifests.has(digest) === true;
  if (tag || where === 'an annotation') {
    // The journal must hold the manifest and its tags as they are, and no secret: so nothing is deleted.
    expect(there).toBe(true);
    expect(output).toContain('that this run knows');
  }
});

test('a password that is the name of a repository is shown and written nowhere, and nothing is deleted in it', async () => {
  const secret = NAMEABLE('a repository');
  const place = await scene(secret);
  await push(place.registry, `team/${secret}`, build('r'), ['v1', 'v2'], { auth: { user: USER, password: secret } });
  expect(await searched(place)).toContain('/team/***');
  expect(place.registry.storage.repositories.get(`team/${secret}`)?.tags.size).toBe(2);
});

test.for([
  ['refuses', (seen: SeenRequest): Fault => error(401, { details: repeated(seen) })],
  ['gives half a token', (seen: SeenRequest): Fault => ({ status: 200, body: `{"token": "${repeated(seen)}` })],
  [
    'gives a token that cannot be sent',
    (seen: SeenRequest): Fault => ({ status: 200, body: JSON.stringify({ token: `${repeated(seen)}\r\n` }) }),
  ],
] as const)('a token server that %s and repeats the request shows nothing', async ([what, answer]) => {
  const place = await scene(`can@ry "token/${what}+0815`, 'bearer');
  place.registry.onRequest((seen) => (seen.path.startsWith('/token') ? answer(seen) : undefined));
  await searched(place);
});

test('a token of a token server that comes back in tags, labels and errors is shown and written nowhere', async () => {
  const place = await scene('canary-0815-for-a-token-server', 'bearer');
  place.registry.onRequest((seen) =>
    isTags(seen) && seen.headers.authorization?.startsWith('Bearer')
      ? { status: 200, body: JSON.stringify({ tags: ['build-1', seen.headers.authorization.slice(7)] }) }
      : isManifest(seen)
        ? error(403, { errors: [{ code: 'X', message: seen.headers.authorization }] })
        : undefined,
  );
  expect(await searched(place)).toContain('***');
});

const PASSWORD = (source: string): string => `can@ry "${source}/word+0815`;
const CONFIG = (host: string, auth: string): string => `registries: {prod: {url: "http://${host}", auth: ${auth}}}\n`;
const dockerFile = (host: string, entry: object): string => JSON.stringify({ auths: { [host]: entry } });
const credentialHelper = (host: string, secret: string): string =>
  `#!/bin/sh\ncat <<'END'\n${JSON.stringify({ ServerURL: host, Username: USER, Secret: secret })}\nEND\n`;

/** Where a secret comes from. `files`: by their names in the home folder; the secret may stand in these. */
const SOURCES: readonly (readonly [
  source: string,
  setup: (host: string, secret: string) => { readonly env?: Record<string, string>; readonly files?: Readonly<Record<string, string>> },
])[] = [
  [
    'variables that the config names',
    (host, secret) => ({
      env: { WHO: USER, WORD: secret },
      files: { '.regctlrc.yaml': CONFIG(host, '{usernameEnv: WHO, passwordEnv: WORD}') },
    }),
  ],
  [
    'files that the config names',
    (host, secret) => ({
      files: {
        user: `${USER}\n`,
        word: `${secret}\n`,
        '.regctlrc.yaml': CONFIG(host, '{usernameFile: $HOME/user, passwordFile: $HOME/word}'),
      },
    }),
  ],
  [
    'an auth file with "auth"',
    (host, secret) => ({
      files: { '.docker/config.json': dockerFile(host, { auth: Buffer.from(`${USER}:${secret}`).toString('base64') }) },
    }),
  ],
  [
    'an auth file with user and password',
    (host, secret) => ({ files: { '.docker/config.json': dockerFile(host, { username: USER, password: secret }) } }),
  ],
  [
    'an auth file with an identity token',
    (host, secret) => ({ files: { '.docker/config.json': dockerFile(host, { identitytoken: secret }) } }),
  ],
  [
    'an auth file with a registry token',
    (host, secret) => ({ files: { '.docker/config.json': dockerFile(host, { registrytoken: secret }) } }),
  ],
  [
    'a credential helper',
    (host, secret) => ({
      files: {
        '.docker/config.json': JSON.stringify({ credHelpers: { [host]: 'canary' } }),
        'bin/docker-credential-canary': credentialHelper(host, secret),
      },
    }),
  ],
  [
    'a credential helper that fails, and says what it has',
    (host, secret) => ({
      env: { REGISTRY_USER: USER, REGISTRY_PASSWORD: secret },
      files: {
        '.docker/config.json': JSON.stringify({ credHelpers: { 'other.example.com': 'canary' } }),
        'running.sh': `#!/bin/sh\ncat <<'END' >&2\n${secret}\nEND\nexit 1\n`,
        '.regctlrc.yaml': `registries: {prod: {url: "http://${host}"}}\ninUse: [{command: [sh, running.sh]}]\n`,
      },
    }),
  ],
];

test.for(everyThird(SOURCES))('a secret of %s that comes back is shown and written nowhere', async ([source, setup]) => {
  const secret = /token/.test(source) ? NAMEABLE(source) : PASSWORD(source);
  const registry = await withRegistry();
  await push(registry, 'team/app', build('1'), ['build-1']);
  registry.onRequest((seen) => {
    if (seen.path === '/v2/') return { status: 401, headers: { 'www-authenticate': `Bearer realm="${registry.url}/token",service="x"` } };
    if (seen.path.startsWith('/token')) return error(401, { details: repeated(seen) });
    return error(403, { errors: [{ code: 'DENIED', message: repeated(seen) }] });
  });
  const { env = {}, files = {} } = setup(registry.host, secret);
  const session = await newSession();
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(session.folder, name)), { recursive: true });
    await writeFile(join(session.folder, name), text.replaceAll('$HOME', session.folder));
    if (name.startsWith('bin/')) await chmod(join(session.folder, name), 0o700);
  }
  const PATH = `${join(session.folder, 'bin')}:${process.env['PATH']}`;
  const run: Session['run'] = (...argv) => newRun(session.folder, { ...env, PATH }, argv);
  const output = await searched({ secret, registry, sent: sentTo(registry), session: { ...session, run } }, Object.keys(files));
  expect(output).toContain('***');
});

async function newRun(folder: string, env: Record<string, string>, argv: readonly string[]): ReturnType<Session['run']> {
  const session = await newSession({ cwd: folder, env: { ...env, HOME: folder } });
  return session.run(...argv);
}

test.for([
  ['prune', 'robot:canary-1-word@registry.example.com/team/app', '--keep-last', '1'],
  ['prune', 'https://robot:canary-1-word@registry.example.com/team/app', '--keep-last', '1', '-v'],
  ['prune', '--registry', 'https://robot:canary-1-word@registry.example.com', '--keep-last', '1'],
  ['explain', 'robot:canary-1-word@registry.example.com/team/app:v1'],
  ['inventory', 'robot:canary-1-word@registry.example.com'],
  ['apply', 'https://robot:canary-1-word@files.example.com/plan.json'],
  ['undo', 'robot:canary-1-word@files.example.com/journal.jsonl'],
  ['prune', 'registry.example.com', '--policy', 'https://robot:canary-1-word@files.example.com/policy.yaml'],
  ['prune', 'registry.example.com', '--password=canary-1-word'],
  ['robot:canary-1-word@registry.example.com/team/app'],
])('a password in the words of the command line is not repeated: %s', async (...[argv]) => {
  const session = await newSession();
  const { code, stdout, stderr } = await session.run(...argv);
  expect(code, stderr).not.toBe(0);
  expect(stdout + stderr).not.toContain('canary-1-word');
});

test('a password under a misspelt key of the config is not shown in the frame', async () => {
  const session = await newSession();
  await session.file(
    '.regctlrc.yaml',
    'registries: {prod: {url: "https://r.example.com", auth: {usernaem: bob, passwrd: canary-2-word}}}\n',
  );
  const { code, stderr } = await session.run('prune', 'prod', '--keep-last', '1');
  expect(code).toBe(3);
  expect(stderr).toContain('passwrd: ***');
  expect(stderr).not.toContain('canary-2-word');
});

test('what was masked is no plan any more: a plan that names a secret is refused and deletes nothing', async () => {
  const secret = NAMEABLE('a plan');
  const { registry, session } = await scene(secret);
  await push(registry, 'team/app', build('t'), [secret], { auth: { user: USER, password: secret } });
  await session.run('prune', registry.host, '--keep-last', '1', '--plan-out', 'plan.json');
  expect(await readFile(join(session.folder, 'plan.json'), 'utf8')).toContain('"***"');
  registry.requests.length = 0;
  expect(await session.run('apply', 'plan.json', '--yes')).toMatchObject({ code: 3 });
  expect(registry.requests.filter(({ method }) => method === 'DELETE')).toEqual([]);
});
