import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { EmbeddedRegistry } from '../../src/demo/embedded-registry.ts';
import type { Fault, SeenRequest } from '../../src/demo/registry-options.ts';
import { registryWith, tagsIn } from './cli/registry-with-builds.ts';
import { expectNoCanary } from './expect-no-canary.ts';
import { newUser } from './program.ts';

const USER = 'robot';
/** With characters that look otherwise in a URL, in a form and in JSON. */
const PASSWORD = 'can@ry "pass/word+0815';
const IDENTITY = 'canary-identity-token-4711';
const BASIC = Buffer.from(`${USER}:${PASSWORD}`).toString('base64');
const CONFIG = (host: string, auth: string): string => `registries: {prod: {url: "http://${host}"${auth}}}\n`;
const dockerFile = (host: string, entry: object): string => JSON.stringify({ auths: { [host]: entry } });

/** Where a secret comes from. `files`: by their names in the home folder; the secret may stand in these. */
const SOURCES: readonly (readonly [
  what: string,
  setup: (host: string) => { readonly env?: NodeJS.ProcessEnv; readonly files?: Readonly<Record<string, string>> },
])[] = [
  ['REGISTRY_USER and REGISTRY_PASSWORD', () => ({ env: { REGISTRY_USER: USER, REGISTRY_PASSWORD: PASSWORD } })],
  [
    'variables that the config names',
    (host) => ({
      env: { WHO: USER, WORD: PASSWORD },
      files: { '.regctlrc.yaml': CONFIG(host, ', auth: {usernameEnv: WHO, passwordEnv: WORD}') },
    }),
  ],
  [
    'files that the config names',
    (host) => ({
      files: {
        user: `${USER}\n`,
        word: `${PASSWORD}\n`,
        '.regctlrc.yaml': CONFIG(host, ', auth: {usernameFile: user, passwordFile: word}'),
      },
    }),
  ],
  ['an auth file with "auth"', (host) => ({ files: { '.docker/config.json': dockerFile(host, { auth: BASIC }) } })],
  [
    'an auth file with user and password',
    (host) => ({ files: { '.docker/config.json': dockerFile(host, { username: USER, password: PASSWORD }) } }),
  ],
  ['an auth file with an identity token', (host) => ({ files: { '.docker/config.json': dockerFile(host, { identitytoken: IDENTITY }) } })],
  [
    'a credential helper',
    (host) => ({
      files: {
        '.docker/config.json': JSON.stringify({ credHelpers: { [host]: 'canary' } }),
        'bin/docker-credential-canary': `#!/bin/sh\ncat <<'END'\n${JSON.stringify({ ServerURL: host, Username: USER, Secret: PASSWORD })}\nEND\n`,
      },
    }),
  ],
];

/** An answer that says everything of the request that it answers, as a careless server does. */
const echo =
  (status: number) =>
  ({ headers, body, path }: SeenRequest): Fault => ({
    status,
    headers: {
      'content-type': 'application/json',
      'www-authenticate': 'Basic realm="x"',
      'x-echo': encodeURIComponent(JSON.stringify(headers)),
    },
    body: JSON.stringify({
      errors: [
        {
          code: 'DENIED',
          message: `${headers.authorization} ${plain(headers.authorization)} ${body}`,
          detail: { headers, path, word: encodeURIComponent(plain(headers.authorization)) },
        },
      ],
    }),
  });

function plain(authorization = ''): string {
  return Buffer.from(authorization.replace(/^\S+ /, ''), 'base64')
    .toString('utf8')
    .replace(/^[^:]*:/, '');
}

const isRead = ({ path }: SeenRequest): boolean => /\/tags\/|\/manifests\//.test(path);

/** What the registry answers, and how the run ends. */
const ANSWERS: readonly (readonly [
  what: string,
  code: number,
  hook: (elsewhere: string) => (request: SeenRequest) => Fault | undefined,
])[] = [
  ['that all is well', 0, () => () => undefined],
  ['401 with the request', 4, () => (request) => (request.path === '/v2/' ? undefined : echo(401)(request))],
  ['403 with the request', 4, () => (request) => (isRead(request) ? echo(403)(request) : undefined)],
  ['507 with the request', 5, () => (request) => (isRead(request) ? echo(507)(request) : undefined)],
  [
    'a redirect to another server that repeats the request',
    5,
    (elsewhere) =>
      ({ path }) =>
        /\/tags\//.test(path) ? { status: 307, headers: { location: `${elsewhere}/x` } } : undefined,
  ],
  [
    'a token server with a token that is none, and the request',
    5,
    () => (request) =>
      request.path.startsWith('/token')
        ? { status: 200, body: JSON.stringify({ token: `${request.headers.authorization}\r\n${request.body}`, ...request.headers }) }
        : undefined,
  ],
  [
    'a token server with half of its JSON, and the request',
    5,
    () => (request) =>
      request.path.startsWith('/token') ? { status: 200, body: `{"token": "${request.headers.authorization}${request.body}` } : undefined,
  ],
];

/** Of each source once that it works and once that it is repeated; whatever else is answered is the same for all. */
const few = (what: string): typeof ANSWERS =>
  /^REGISTRY_USER|identity/.test(what) ? ANSWERS : ANSWERS.filter(([answer]) => /well|403/.test(answer));

test.for(SOURCES)('a secret of %s is shown and written nowhere, whatever the registry answers', async ([what, setup]) => {
  await Promise.all(
    few(what).map(async ([answer, code, hook]) => {
      const tokens = answer.includes('token');
      const identity = JSON.stringify(setup('x')).includes(IDENTITY);
      const registry = await registryWith(
        {},
        {
          auth:
            tokens || identity
              ? {
                  scheme: 'bearer',
                  users: [{ name: USER, password: PASSWORD, access: { '*': ['pull', 'push', 'delete'] }, catalog: true }],
                }
              : { scheme: 'basic', user: USER, password: PASSWORD },
        },
      );
      await fill(registry);
      const elsewhere = await startEcho();
      const given = setup(registry.host);
      const user = await newUser(given);
      registry.onRequest(hook(elsewhere.url));
      // Where it is an identity token, this registry's token server does not take it: that is a refusal of its own.
      const expected = identity ? [4, 5] : [code];
      const name = given.files?.['.regctlrc.yaml'] === undefined ? registry.host : 'prod';
      const words = [
        `${name}/team/app`,
        '--tags',
        'build-*',
        '--keep-last',
        '1',
        '-v',
        '--plan-out',
        'plan.json',
        '--out',
        'out.json',
        '-o',
        'json',
        '--metrics-file',
        'm.prom',
        '--apply',
      ];
      const ended = await user.run('prune', ...words);
      expect(expected, `${answer}: ${ended.stderr}`).toContain(ended.code);
      expect(tagsIn(registry, 'team/app')).toHaveLength(ended.code === 0 ? 1 : 3);
      await expectNoCanary(
        user,
        [PASSWORD, IDENTITY, `${USER}:${PASSWORD}`],
        `${answer}\n${ended.stdout}${ended.stderr}`,
        Object.keys(given.files ?? {}),
      );
      expect(elsewhere.secrets).toEqual([]);
      // It did come back, and was taken out.
      if (answer.endsWith('with the request') && !identity) expect(ended.stderr, answer).toContain('***');
    }),
  );
});

test('a URL that holds a password is refused without being shown', async () => {
  const user = await newUser();
  const ended = await user.run('prune', `https://${USER}:canary-in-the-url@registry.example.com/team/app`, '--keep-last', '1', '-v');
  expect(ended.code, ended.stderr).toBe(3);
  expect(ended.stdout + ended.stderr).not.toContain('canary-in-the-url');
});

async function fill(registry: EmbeddedRegistry): Promise<void> {
  const { image, layer } = await import('../../src/demo/image.ts');
  const { push } = await import('../../src/demo/push.ts');
  for (const day of [1, 2, 3]) {
    const thing = image({ layers: [layer(String(day), 10)], created: `2026-01-0${day}T00:00:00Z` });
    await push(registry.url, 'team/app', thing, [`build-${day}`], { auth: { user: USER, password: PASSWORD } });
  }
}

/** A server that answers with all that it was asked. */
async function startEcho(): Promise<{ readonly url: string; readonly secrets: string[] }> {
  const secrets: string[] = [];
  const server = createServer(({ headers, url }, response) => {
    if (headers.authorization !== undefined) secrets.push(headers.authorization);
    response
      .writeHead(400, { 'content-type': 'application/json' })
      .end(JSON.stringify({ errors: [{ code: 'X', message: JSON.stringify({ headers, url }) }] }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, secrets };
}
