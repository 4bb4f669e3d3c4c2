import { join } from 'node:path';
import { expect, test } from 'vitest';
import { redact } from '../../../src/diagnostics/redact.ts';
import { auth, makeHome } from './credentials-fixture.ts';

/*
 * The forms in which Docker, Podman and their relatives keep credentials, each as it is found in the wild: docker/cli (config/configfile,
 * config/credentials), docker-credential-helpers, containers-auth.json(5), Kubernetes' pull secrets, GitLab's runners.
 */

interface Form {
  /** By their names in the home folder, as JSON. */
  readonly files?: Readonly<Record<string, unknown>>;
  /** `$HOME` stands for the home folder. */
  readonly env?: Readonly<Record<string, string>>;
  /** Programs `docker-credential-NAME`, as shell scripts. */
  readonly helpers?: Readonly<Record<string, string>>;
  readonly host?: string;
  readonly repository?: string;
}

const HOST = 'registry.example.com';
const SECRET = 'the-word-4711';
const PAIR = { username: 'bob', password: SECRET };
const ENTRY = auth('bob', SECRET);
const OTHER = auth('other', 'another-word');
const docker = (config: unknown): Form => ({ files: { '.docker/config.json': config } });
const entry = (value: unknown, key = HOST, host = HOST): Form => ({ ...docker({ auths: { [key]: value } }), host });
const says = (username: string): string => `echo '{"ServerURL":"x","Username":"${username}","Secret":"${SECRET}"}'`;
const helped = (config: object, helpers: Record<string, string>, host = HOST): Form => ({ ...docker(config), helpers, host });
const auths = { [HOST]: ENTRY };

test.for<[form: string, given: Form, found: object | undefined]>([
  ['auth', entry(ENTRY), PAIR],
  ['auth with a colon in the password', entry(auth('bob', `${SECRET}:x`)), { username: 'bob', password: `${SECRET}:x` }],
  ['auth that Docker has padded with zeros', entry({ auth: Buffer.from(`bob:${SECRET}\0\0`).toString('base64') }), PAIR],
  ['user name and password', entry(PAIR), PAIR],
  ['an identity token', entry({ identitytoken: SECRET }), { identityToken: SECRET }],
  ['an identity token beside its empty auth', entry({ ...auth('00000000', ''), identitytoken: SECRET }), { identityToken: SECRET }],
  ['a registry token', entry({ registrytoken: SECRET }), { registryToken: SECRET }],
  ['an entry that is empty, because a helper has the credentials', entry({}), undefined],
  ['an entry that is null', entry(null), undefined],
  ['a key with https', entry(ENTRY, `https://${HOST}`), PAIR],
  ['a key with http', entry(ENTRY, `http://${HOST}`), PAIR],
  ['a key with a slash behind', entry(ENTRY, `https://${HOST}/`), PAIR],
  ['a key with /v1/', entry(ENTRY, `https://${HOST}/v1/`), PAIR],
  ['a key with /v2/', entry(ENTRY, `${HOST}/v2/`), PAIR],
  ['a key in capitals', entry(ENTRY, 'Registry.Example.COM'), PAIR],
  ['a host in capitals', entry(ENTRY, HOST, 'REGISTRY.example.com'), PAIR],
  ['a key with a port', entry(ENTRY, `${HOST}:5000`, `${HOST}:5000`), PAIR],
  ['a key with another port', entry(ENTRY, `${HOST}:5000`, HOST), undefined],
  ['an address of IPv6', entry(ENTRY, '[fd00::1]:5000', '[fd00::1]:5000'), PAIR],
  ['an address of IPv6 in a URL', entry(ENTRY, 'https://[FD00::1]:5000/v2/', '[fd00::1]:5000'), PAIR],
  ["Docker Hub's key", entry(ENTRY, 'https://index.docker.io/v1/', 'docker.io'), PAIR],
  ["Docker Hub's key, for the host of its registry", entry(ENTRY, 'https://index.docker.io/v1/', 'registry-1.docker.io'), PAIR],
  ["Docker Hub's key, as Podman writes it", entry(ENTRY, 'docker.io', 'index.docker.io'), PAIR],
  ["Podman's key of a namespace", { ...entry(ENTRY, `${HOST}/team`), repository: 'team/app' }, PAIR],
  ["Podman's key of a repository", { ...docker({ auths: { [HOST]: OTHER, [`${HOST}/team/app`]: ENTRY } }), repository: 'team/app' }, PAIR],
  ["Podman's key of another namespace", { ...entry(ENTRY, `${HOST}/team`), repository: 'teams/app' }, undefined],
  ['a file with a byte order mark', docker(`\ufeff${JSON.stringify({ auths })}`), PAIR],
  ['an empty file', docker('\n'), undefined],
  ['no file', {}, undefined],

  [
    'DOCKER_CONFIG',
    { files: { 'd/config.json': { auths }, '.docker/config.json': { auths: { [HOST]: OTHER } } }, env: { DOCKER_CONFIG: '$HOME/d' } },
    PAIR,
  ],
  [
    'REGISTRY_AUTH_FILE, before the home folder',
    { files: { 'r.json': { auths }, '.docker/config.json': { auths: { [HOST]: OTHER } } }, env: { REGISTRY_AUTH_FILE: '$HOME/r.json' } },
    PAIR,
  ],
  [
    "Podman's file in the runtime folder",
    { files: { 'run/containers/auth.json': { auths } }, env: { XDG_RUNTIME_DIR: '$HOME/run' } },
    PAIR,
  ],
  ["Podman's file in XDG_CONFIG_HOME", { files: { 'etc/containers/auth.json': { auths } }, env: { XDG_CONFIG_HOME: '$HOME/etc' } }, PAIR],
  ["Podman's file in the home folder", { files: { '.config/containers/auth.json': { auths } } }, PAIR],
  [
    'a second file, where the first has nothing for the host',
    { files: { '.docker/config.json': { auths: { 'other.example.com': OTHER } }, '.config/containers/auth.json': { auths } } },
    PAIR,
  ],
  ['the old .dockercfg', { files: { '.dockercfg': { [`https://${HOST}`]: { ...ENTRY, email: 'bob@example.com' } } } }, PAIR],
  [
    'DOCKER_AUTH_CONFIG, before every file',
    { ...docker({ auths: { [HOST]: OTHER } }), env: { DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) } },
    PAIR,
  ],
  [
    'DOCKER_AUTH_CONFIG of another host',
    { ...docker({ auths }), env: { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { 'other.example.com': OTHER } }) } },
    PAIR,
  ],

  ['a helper for the host', helped({ credHelpers: { [HOST]: 'one' } }, { one: says('bob') }), PAIR],
  ['a helper for the host, with a scheme', helped({ credHelpers: { [`https://${HOST}/`]: 'one' } }, { one: says('bob') }), PAIR],
  ['a helper for Docker Hub', helped({ credHelpers: { 'https://index.docker.io/v1/': 'one' } }, { one: says('bob') }, 'docker.io'), PAIR],
  ['a helper before the store', helped({ credHelpers: { [HOST]: 'one' }, credsStore: 'all' }, { one: says('bob'), all: 'exit 1' }), PAIR],
  ['a store', helped({ credsStore: 'all' }, { all: says('bob') }), PAIR],
  ['a store before what the file holds', helped({ credsStore: 'all', auths: { [HOST]: OTHER } }, { all: says('bob') }), PAIR],
  ['a helper with an identity token', helped({ credsStore: 'all' }, { all: says('<token>') }), { identityToken: SECRET }],
  [
    'a helper that has none, on its output',
    helped({ credsStore: 'all', auths }, { all: 'echo "credentials not found in native keychain"; exit 1' }),
    PAIR,
  ],
  [
    'a helper that has none, among its errors',
    helped({ credsStore: 'all', auths }, { all: 'echo "Credentials not found" >&2; exit 1' }),
    PAIR,
  ],
  ['a helper that answers with nothing', helped({ credsStore: 'all', auths }, { all: `echo '{"Username":"","Secret":""}'` }), PAIR],
  [
    'an empty name of a helper, which means the file',
    helped({ credHelpers: { [HOST]: '' }, credsStore: 'all', auths }, { all: 'exit 1' }),
    PAIR,
  ],
  ['an empty name of a store, which means the file', helped({ credsStore: '', auths }, {}), PAIR],
])('%s', async ([, { files = {}, env = {}, helpers = {}, host = HOST, repository }, found]) => {
  const home = makeHome();
  for (const [name, content] of Object.entries(files)) home.write(name, content);
  for (const [name, script] of Object.entries(helpers)) home.helper(name, script);
  const inHome = Object.entries(env).map(([name, value]) => [name, value.replace('$HOME', home.path)]);
  const credentials = await home
    .resolver({ XDG_RUNTIME_DIR: join(home.path, 'none'), ...Object.fromEntries(inHome) })
    .resolve(host, repository);
  if (found === undefined) expect(credentials).toBeUndefined();
  else expect(credentials).toMatchObject(found);
  if (found) expect(redact(SECRET)).toBe('***');
});
