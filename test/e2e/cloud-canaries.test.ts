import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import { image, layer } from '../../src/demo/image.ts';
import { push } from '../../src/demo/push.ts';
import { adminUser, identity } from '../fakes/acr/accounts.ts';
import { type FakeAcr, startFakeAcr } from '../fakes/acr/fake-acr.ts';
import { startFakeEcs } from '../fakes/aws-workloads/fake-ecs.ts';
import { KEYS } from '../fakes/aws-workloads/aws-server.ts';
import { startFakeEcr } from '../fakes/ecr/fake-ecr.ts';
import { type FakeGar, LOCATION, startFakeGar } from '../fakes/gar/fake-gar.ts';
import { type FakeApiServer, startFakeApiServer, status } from '../fakes/kubernetes/fake-api-server.ts';
import { json, type LoopbackServer, type Seen, startServer } from '../unit/http/loopback-server.ts';
import { startProxy } from '../unit/http/proxy-server.ts';
import { HAS_OPENSSL, makeCertificates } from '../unit/http/test-certificates.ts';
import { keepBuilds, registryWith, tagsIn } from './cli/registry-with-builds.ts';
import { everyday } from '../sweep.ts';
import { expectNoCanary } from './expect-no-canary.ts';
import { newUser, type User } from './program.ts';

const AWS = {
  accessKeyId: 'AKIACANARY0000000000',
  secretAccessKey: 'canary/secret+access/key0815canary',
  sessionToken: `FwoGZXIvYXdzEcanary//session+token=${'x'.repeat(300)}`,
};
const ENTRA_TOKEN = 'canary-entra-access-token-1702';
const CLIENT_SECRET = 'canary~client-secret.0815/+';
const GOOGLE_TOKEN = 'ya29.canary-access-token-of-a-service-account';
const PRIVATE_KEY = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
}).privateKey;
const SERVICE_ACCOUNT = {
  type: 'service_account',
  project_id: 'my-project',
  private_key_id: '1',
  private_key: PRIVATE_KEY,
  client_email: 'cleanup@my-project.iam.gserviceaccount.com',
  client_id: '1',
};
const WRITES = ['-v', '--plan-out', 'plan.json', '--out', 'out.json', '-o', 'json', '--metrics-file', 'm.prom', '--apply', '--yes'];
const BUILDS = ['--tags', 'build-*', '--keep-last', '1'];
/** A key is written over many lines: one of them is too much too. */
const linesOf = (pem: string): string[] => [pem, pem.trim(), pem.split('\n')[2]!];

/** Everything of a request, with secrets that are not in it, as no server should answer. */
function repeated(
  { headers, body, path }: Pick<Seen, 'headers' | 'path'> & { readonly body?: string },
  ...more: readonly string[]
): string {
  const decoded = decodeURIComponent((body ?? '').replaceAll('+', ' ').replaceAll('%', '%25'));
  return `cannot: ${more.join(' ')} ${headers.authorization ?? ''} ${body ?? ''} ${decoded} ${JSON.stringify(headers)} ${path}`;
}

/** Runs it, and looks for the secrets. Answers the output. */
async function searched(
  user: User,
  words: readonly string[],
  code: number,
  secrets: readonly string[],
  given: readonly string[] = [],
): Promise<string> {
  const ended = await user.run(...words);
  const output = ended.stdout + ended.stderr;
  await expectNoCanary(user, secrets, output, given);
  expect(ended.code, output).toBe(code);
  return output;
}

describe('keys and session token of AWS', () => {
  const ENV = {
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ACCESS_KEY_ID: AWS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: AWS.secretAccessKey,
    AWS_SESSION_TOKEN: AWS.sessionToken,
  };
  const SECRETS = Object.values(AWS);
  const HOST = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';
  const refuse = (code: number, name: string): Promise<LoopbackServer> =>
    startServer((request, response) => {
      const message = repeated(request, AWS.secretAccessKey, AWS.sessionToken);
      json(response, code, { __type: name, message, Message: message }, { 'x-amzn-errortype': name });
    });

  test('are shown and written nowhere when ECR is pruned', async () => {
    const fake = await startFakeEcr({ accounts: [AWS] });
    onTestFinished(() => fake.close());
    for (const day of [1, 2, 3])
      fake.push('team/app', image({ layers: [layer(String(day), 10)] }), [`build-${day}`], { pushedAt: `2026-01-0${day}T00:00:00Z` });
    const user = await newUser({ env: { ...ENV, AWS_ENDPOINT_URL_ECR: fake.url } });
    await searched(user, ['prune', `${HOST}/team/app`, ...BUILDS, ...WRITES], 0, SECRETS);
    expect(fake.store.repository('team/app').images.size).toBe(1);
  });

  test('are shown and written nowhere when ECR refuses with the request', async () => {
    const server = await refuse(400, 'AccessDeniedException');
    const user = await newUser({ env: { ...ENV, AWS_ENDPOINT_URL_ECR: server.url } });
    const output = await searched(user, ['prune', `${HOST}/team/app`, ...BUILDS, ...WRITES], 4, SECRETS);
    expect(output).toContain('***');
    expect(output).not.toMatch(/Signature=[0-9a-f]/);
  });

  test('are shown and written nowhere when ECS refuses with the request', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const server = await refuse(403, 'SignatureDoesNotMatch');
    const user = await userInUse(registry.host, 'ecs: {regions: [eu-central-1]}', { ...ENV, AWS_ENDPOINT_URL_ECS: server.url });
    expect(await searched(user, ['prune', 'prod', ...WRITES], 5, SECRETS)).toContain('***');
    expect(tagsIn(registry, 'team/app')).toHaveLength(3);
  });

  test('are shown and written nowhere when ECS tells what it runs', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const ecs = await startFakeEcs({ clusters: { prod: {} } });
    onTestFinished(() => ecs.close());
    const keys = {
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
      AWS_SESSION_TOKEN: AWS.sessionToken,
    };
    const user = await userInUse(registry.host, 'ecs: {regions: [eu-central-1]}', { ...keys, AWS_ENDPOINT_URL_ECS: ecs.url });
    await searched(user, ['prune', 'prod', ...WRITES], 0, [KEYS.accessKeyId, KEYS.secretAccessKey, AWS.sessionToken]);
  });
});

/** Somebody whose config names a registry and this source of what is in use, which may be empty. */
function userInUse(host: string, source: string, env: NodeJS.ProcessEnv, files: Readonly<Record<string, string>> = {}): Promise<User> {
  const config = `registries:\n  prod: {url: "http://${host}"}\npolicies: [policy.yaml]\ninUse:\n  - ${source}\n    mayBeEmpty: true\n`;
  return newUser({ env, files: { '.regctlrc.yaml': config, 'policy.yaml': keepBuilds(1), ...files } });
}

/**
 * The servers of Google and Microsoft that give tokens: whoever asks them through this proxy is answered by `answer`. Their environment.
 */
async function tokenService(answer: (request: Seen) => readonly [code: number, document: object]): Promise<NodeJS.ProcessEnv> {
  const { caFile, server: tls } = makeCertificates('oauth2.googleapis.com', 'login.microsoftonline.com');
  const server = await startServer((request, response) => json(response, ...answer(request)), tls);
  const proxy = await startProxy(server.port);
  return { HTTPS_PROXY: proxy.url, https_proxy: proxy.url, NODE_EXTRA_CA_CERTS: caFile };
}

describe.skipIf(!HAS_OPENSSL)('the key of a service account of Google, and the tokens that it gets', () => {
  const SECRETS = [...linesOf(PRIVATE_KEY), GOOGLE_TOKEN];
  const WAYS: readonly (readonly [what: string, auth: string, env: NodeJS.ProcessEnv])[] = [
    ['as the password of _json_key', ', auth: {username: _json_key, passwordFile: key.json}', {}],
    ['as GOOGLE_APPLICATION_CREDENTIALS', '', { GOOGLE_APPLICATION_CREDENTIALS: 'key.json' }],
  ];
  const granted = (): readonly [number, object] => [200, { access_token: GOOGLE_TOKEN, expires_in: 3600, token_type: 'Bearer' }];
  const assertions: string[] = [];
  const echoed =
    (code: number) =>
    (request: Seen): readonly [number, object] => {
      assertions.push(new URLSearchParams(request.body).get('assertion') ?? '');
      return [code, { error: 'invalid_grant', error_description: repeated(request, PRIVATE_KEY, JSON.stringify(SERVICE_ACCOUNT)) }];
    };
  const apiError = (code: number): Promise<LoopbackServer> =>
    startServer((request, response) =>
      json(response, code, {
        error: { code, status: code === 403 ? 'PERMISSION_DENIED' : 'INTERNAL', message: repeated(request, PRIVATE_KEY) },
      }),
    );

  async function gar(): Promise<FakeGar> {
    const fake = await startFakeGar({ accounts: [{ token: GOOGLE_TOKEN }] });
    onTestFinished(() => fake.close());
    for (const day of [1, 2, 3])
      fake.push('my-project/images/app', image({ layers: [layer(String(day), 10)] }), [`build-${day}`], {
        pushedAt: `2026-01-0${day}T00:00:00Z`,
      });
    return fake;
  }

  const CASES: readonly (readonly [
    what: string,
    code: number,
    token: Parameters<typeof tokenService>[0],
    api?: () => Promise<LoopbackServer>,
  ])[] = [
    ['the token is refused with the request', 4, echoed(400)],
    ['all is well', 0, granted],
    ['the API answers 403 with the request', 4, granted, () => apiError(403)],
  ];

  test.for(
    everyday(
      2,
      // The key is learnt in two ways; what comes of it afterwards is the same for both.
      CASES.flatMap(([what, code, token, api]) =>
        WAYS.filter(([, auth]) => auth !== '' || what.startsWith('the token')).map(
          ([way, auth, env]) => [way, what, { auth, env, code, token, api }] as const,
        ),
      ),
    ),
  )('are shown and written nowhere, %s, when %s', async ([, what, { auth, env, code, token, api }]) => {
    const fake = await gar();
    const endpoint = (await api?.())?.url ?? fake.url;
    const config = `registries: {prod: {url: "${fake.url}", type: gar, gar: {location: ${LOCATION}, projects: [my-project]}${auth}}}\n`;
    const user = await newUser({
      env: { ...env, ...(await tokenService(token)), CLOUDSDK_API_ENDPOINT_OVERRIDES_ARTIFACTREGISTRY: endpoint },
      files: { 'key.json': JSON.stringify(SERVICE_ACCOUNT), '.regctlrc.yaml': config },
    });
    assertions.length = 0;
    const output = await searched(user, ['prune', 'prod/my-project/images/app', ...BUILDS, ...WRITES], code, SECRETS, ['key.json']);
    await expectNoCanary(user, assertions, output);
    if (code !== 0) expect(output, what).toContain('***');
  });
});

test('the access token of the metadata server of Google is shown and written nowhere, behind a proxy too', async () => {
  const metadata = await startServer(({ path }, response) =>
    json(response, 200, path.includes('/token') ? { access_token: GOOGLE_TOKEN, expires_in: 3600, token_type: 'Bearer' } : 'my-project', {
      'metadata-flavor': 'Google',
    }),
  );
  const proxy = await startProxy(metadata.port, 403);
  const refusing = await startServer((request, response) =>
    json(response, 403, { error: { code: 403, status: 'PERMISSION_DENIED', message: repeated(request) } }),
  );
  const user = await newUser({
    env: {
      GCE_METADATA_HOST: metadata.host,
      METADATA_SERVER_DETECTION: 'assume-present',
      HTTPS_PROXY: proxy.url,
      https_proxy: proxy.url,
      CLOUDSDK_API_ENDPOINT_OVERRIDES_ARTIFACTREGISTRY: refusing.url,
    },
    files: {
      '.regctlrc.yaml': `registries: {prod: {url: "${refusing.url}", type: gar, gar: {location: ${LOCATION}, projects: [my-project]}}}\n`,
    },
  });
  expect(await searched(user, ['prune', 'prod/my-project/images/app', ...BUILDS, ...WRITES], 4, [GOOGLE_TOKEN])).toContain('Bearer ***');
  expect(proxy.seen).toEqual([]);
});

describe.skipIf(!HAS_OPENSSL)('the client secret of a service principal of Azure, and the tokens that it gets', () => {
  const TENANT = '11111111-2222-3333-4444-555555555555';
  const authority = `https://login.microsoftonline.com/${TENANT}`;
  const discovery = {
    issuer: `${authority}/v2.0`,
    authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
    token_endpoint: `${authority}/oauth2/v2.0/token`,
    jwks_uri: `${authority}/discovery/v2.0/keys`,
  };
  const entra =
    (token: (request: Seen) => readonly [number, object]) =>
    (request: Seen): readonly [number, object] =>
      request.method === 'POST' ? token(request) : [200, discovery];
  const granted = entra(() => [200, { access_token: ENTRA_TOKEN, expires_in: 3600, ext_expires_in: 3600, token_type: 'Bearer' }]);
  const refused = entra((request) => [
    401,
    { error: 'invalid_client', error_description: `AADSTS7000215: ${repeated(request, CLIENT_SECRET)}`, error_codes: [7000215] },
  ]);

  const CASES: readonly (readonly [what: string, code: number, token: Parameters<typeof tokenService>[0], at?: RegExp, status?: number])[] =
    [
      ['Entra ID refuses it with the request', 4, refused],
      ['the list answers 403 with the request', 4, granted, /^\/acr\/v1\//, 403],
      ['all is well', 0, granted],
      ['the exchange answers 401 with the request', 4, granted, /^\/oauth2\/exchange/, 401],
      ['the token service answers 501 with the request', 5, granted, /^\/oauth2\/token/, 501],
    ];

  test.for(everyday(2, CASES))('are shown and written nowhere when %s', async ([what, code, token, at, answered = 500]) => {
    const acr = await withBuilds();
    if (at)
      acr.onRequest((request) =>
        at.test(request.path)
          ? {
              status: answered,
              headers: { 'content-type': 'application/json' },
              body: JSON.stringify({
                errors: [{ code: 'DENIED', message: repeated({ ...request, body: request.body.toString('utf8') }, CLIENT_SECRET) }],
              }),
            }
          : undefined,
      );
    const user = await newUser({
      env: {
        AZURE_TOKEN_CREDENTIALS: 'EnvironmentCredential',
        AZURE_TENANT_ID: TENANT,
        AZURE_CLIENT_ID: '66666666-7777-8888-9999-000000000000',
        AZURE_CLIENT_SECRET: CLIENT_SECRET,
        ...(await tokenService(token)),
      },
      files: { '.regctlrc.yaml': `registries: {prod: {url: "${acr.url}", type: acr}}\n` },
    });
    const output = await searched(user, ['prune', 'prod/team/app', ...BUILDS, ...WRITES], code, [CLIENT_SECRET, ENTRA_TOKEN]);
    if (!/Entra/.test(what) && !at?.test('/oauth2/exchange')) expect(acr.tokens.secrets.length).toBeGreaterThan(0);
    await expectNoCanary(user, acr.tokens.secrets, output);
    if (code !== 0) expect(output, what).toContain('***');
  });

  async function withBuilds(): Promise<FakeAcr> {
    const auth = { user: 'pusher', password: 'pusher-secret' };
    const acr = await startFakeAcr({ accounts: [adminUser(auth.user, auth.password), identity(ENTRA_TOKEN, ['AcrPull', 'AcrDelete'])] });
    onTestFinished(() => acr.close());
    for (const day of [1, 2, 3]) {
      acr.store.now = () => Date.UTC(2026, 0, day);
      await push(acr, 'team/app', image({ layers: [layer(String(day), 10)] }), [`build-${day}`], { auth });
    }
    return acr;
  }
});

describe('credentials of a kubeconfig', () => {
  const TOKEN = 'canary-token-of-a-service-account';
  const EXEC_TOKEN = 'canary-token-of-a-plugin';
  const PLUGIN_SECRET = 'canary-secret-for-the-plugin';
  const PASSWORD = 'canary "pass/word+';
  /** Whatever it answers, what was learnt is masked: once that all is well, and once what repeats the request. */
  const ANSWERS = [
    ['501', 501, 5],
    ['that all is well', 0, 0],
  ] as const;
  const plugin = (print: string): object => ({
    apiVersion: 'client.authentication.k8s.io/v1',
    command: process.execPath,
    args: ['-e', print],
    env: [{ name: 'CANARY_SECRET', value: PLUGIN_SECRET }],
  });
  const credential = JSON.stringify({
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token: EXEC_TOKEN },
  });

  async function pruned(user: object, server: FakeApiServer, cluster: object, code: number, secrets: readonly string[]): Promise<string> {
    onTestFinished(() => server.close());
    const registry = await registryWith({ 'team/app': 3 });
    const kubeconfig = {
      'current-context': 'prod',
      contexts: [{ name: 'prod', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: { server: server.url, ...cluster } }],
      users: [{ name: 'u', user }],
    };
    const somebody = await userInUse(
      registry.host,
      'kubernetes: {kubeconfig: kubeconfig.yaml}',
      {},
      { 'kubeconfig.yaml': JSON.stringify(kubeconfig) },
    );
    const output = await searched(somebody, ['prune', 'prod', ...WRITES], code, secrets, ['kubeconfig.yaml']);
    expect(tagsIn(registry, 'team/app')).toHaveLength(code === 0 ? 1 : 3);
    return output;
  }

  const echoing = (answered: number, ...more: readonly string[]): Pick<NonNullable<Parameters<typeof startFakeApiServer>[0]>, 'before'> =>
    answered === 0
      ? {}
      : {
          before(request, response) {
            status(response, answered, 'Failure', repeated(request, ...more));
            return true;
          },
        };

  const USERS: readonly (readonly [what: string, user: object, secrets: readonly string[]])[] = [
    ['the token of an exec plugin', { exec: plugin(`console.log(${JSON.stringify(credential)})`) }, [EXEC_TOKEN, PLUGIN_SECRET]],
    ['user and password', { username: 'ci', password: PASSWORD }, [PASSWORD, `ci:${PASSWORD}`]],
    ['a token', { token: TOKEN }, [TOKEN]],
  ];

  test.for(
    everyday(
      2,
      ANSWERS.flatMap(([answer, answered, code]) =>
        USERS.filter(([what]) => answered !== 0 || what.includes('plugin')).map(
          ([what, user, secrets]) => [what, answer, { user, secrets, answered, code }] as const,
        ),
      ),
    ),
  )(
    'that are %s are shown and written nowhere when the API server answers %s with the request',
    async ([, , { user, secrets, answered, code }]) => {
      const output = await pruned(user, await startFakeApiServer(echoing(answered, ...secrets)), {}, code, secrets);
      if (answered > 500) expect(output).toContain('***');
    },
  );

  test('are shown and written nowhere when a plugin fails and complains of what it was given', async () => {
    const user = { exec: plugin('console.error(process.env.CANARY_SECRET); process.exit(1)') };
    expect(await pruned(user, await startFakeApiServer(), {}, 5, [PLUGIN_SECRET])).toContain('***');
  });

  test.runIf(HAS_OPENSSL)(
    'that are a client key are shown and written nowhere when the API server answers 501 with the request',
    async () => {
      const { ca, server: pair } = makeCertificates();
      const base64 = (text: string): string => Buffer.from(text).toString('base64');
      const user = { 'client-certificate-data': base64(pair.cert), 'client-key-data': base64(pair.key) };
      const server = await startFakeApiServer({ ...echoing(501, pair.key, base64(pair.key)), tls: { ...pair, clientCa: ca } });
      const output = await pruned(user, server, { 'certificate-authority-data': base64(ca) }, 5, [
        pair.key,
        pair.key.trim(),
        pair.key.split('\n')[1]!,
        base64(pair.key),
      ]);
      expect(output).toContain('***');
    },
  );
});
