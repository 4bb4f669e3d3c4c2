import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { folderWith } from '../../config/temporary-folder.ts';
import { startProxy } from '../../http/proxy-server.ts';
import { HAS_OPENSSL, makeCertificates } from '../../http/test-certificates.ts';
import { deployment, kubeconfigFile, kubeconfigText, pod, read, withApiServer } from './reading.ts';

const RUNS = { objects: { pods: [pod('shop', 'web', 'shop/web:v1')] } };

describe('which clusters', () => {
  test('the current context of the kubeconfig in the home folder', async () => {
    const server = await withApiServer(RUNS);
    const home = await folderWith({
      '.kube/config': kubeconfigText({ prod: { server: server.url }, stage: { server: 'http://127.0.0.1:1' } }),
    });
    expect((await read({}, { home })).map(({ source }) => source)).toEqual(['cluster prod: shop/Pod web (container app)']);
  });

  test('or of the files that KUBECONFIG names, of which some may be missing and the first counts', async () => {
    const server = await withApiServer(RUNS);
    const folder = await folderWith({
      one: kubeconfigText({ prod: { server: server.url } }),
      two: kubeconfigText({ stage: { server: server.url }, prod: { server: 'http://127.0.0.1:1' } }),
    });
    const KUBECONFIG = ['absent', 'one', 'two'].map((file) => path.join(folder, file)).join(path.delimiter);
    const home = await folderWith({ '.kube/config': 'never read' });
    expect((await read({}, { home, env: { KUBECONFIG } })).map(({ source }) => source)).toEqual([
      'cluster prod: shop/Pod web (container app)',
    ]);
    expect(await read({ contexts: ['prod', 'stage'] }, { home, env: { KUBECONFIG } })).toHaveLength(2);
  });

  test('none of the files that KUBECONFIG names is an error, and no reason to look elsewhere', async () => {
    const home = await folderWith({ '.kube/config': kubeconfigText({ prod: { server: 'http://127.0.0.1:1' } }) });
    await expect(read({}, { home, env: { KUBECONFIG: '/nonexistent/config' } })).rejects.toMatchObject({
      code: 'FILE',
      message: 'KUBECONFIG names /nonexistent/config, which cannot be read.',
    });
  });

  test('a kubeconfig that is named and not there is an error', async () => {
    await expect(read({ kubeconfig: '/nonexistent/config' })).rejects.toMatchObject({ code: 'FILE' });
  });

  test('without a kubeconfig, and in no pod, it is said where one is looked for', async () => {
    await expect(read({}, { home: '/nonexistent' })).rejects.toMatchObject({
      code: 'FILE',
      message:
        'There is no kubeconfig and this is not a pod with a service account: name one in the config or in KUBECONFIG, or put it ' +
        'at /nonexistent/.kube/config.',
    });
  });

  test('a context that is not there is an error that knows the one that was meant', async () => {
    const kubeconfig = await kubeconfigFile({ production: { server: 'http://127.0.0.1:1' }, stage: { server: 'http://127.0.0.1:1' } });
    await expect(read({ kubeconfig, contexts: ['producton'] })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `The kubeconfig ${kubeconfig} has no context producton; did you mean "production"? (it has production, stage).`,
    });
  });

  test.for([
    ['no current context', { contexts: [] }, 'has no current context'],
    [
      'a cluster that is missing',
      { 'current-context': 'a', contexts: [{ name: 'a', context: { cluster: 'b', user: 'c' } }] },
      'names the cluster b, which is not there',
    ],
    [
      'a user that is missing',
      {
        'current-context': 'a',
        clusters: [{ name: 'b', cluster: { server: 'https://127.0.0.1:1' } }],
        contexts: [{ name: 'a', context: { cluster: 'b', user: 'c' } }],
      },
      'names the user c, which is not there',
    ],
    [
      'a server that is none',
      {
        'current-context': 'a',
        clusters: [{ name: 'b', cluster: { server: 'nowhere' } }],
        contexts: [{ name: 'a', context: { cluster: 'b' } }],
      },
      'is not a web address',
    ],
    ['a cluster without a server', { clusters: [{ name: 'b', cluster: {} }] }, 'clusters[0].cluster.server is missing'],
    ['text', 'just text', 'it holds no object'],
  ] as const)('%s', async ([, content, message]) => {
    const folder = await folderWith({ config: JSON.stringify(content) });
    await expect(read({ kubeconfig: path.join(folder, 'config') })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(message) as string,
    });
  });

  test('what is wrong with a kubeconfig is told without its text', async () => {
    const folder = await folderWith({ config: 'users:\n  - token: "secret-of-mine\n' });
    await expect(read({ kubeconfig: path.join(folder, 'config') })).rejects.toSatisfy(
      (error: Error) => error.message.includes('it is not YAML') && !error.message.includes('secret-of-mine'),
    );
  });

  test('a server of another machine without TLS is refused', async () => {
    const kubeconfig = await kubeconfigFile({ prod: { server: 'http://cluster.example.com' } });
    await expect(read({ kubeconfig })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('who we are', () => {
  const tokens = ['good-token'];
  const attempt = async (
    user: Readonly<Record<string, unknown>>,
    files: Readonly<Record<string, string>> = {},
    options: Parameters<typeof read>[1] = {},
  ): Promise<number> => {
    const server = await withApiServer({ ...RUNS, tokens });
    return (await read({ kubeconfig: await kubeconfigFile({ prod: { server: server.url, user } }, files) }, options)).length;
  };

  test('a token', async () => {
    expect(await attempt({ token: 'good-token' })).toBe(1);
  });

  test('a token in a file, found from the kubeconfig, which counts before one beside it', async () => {
    expect(await attempt({ tokenFile: 'token' }, { token: 'good-token\n' })).toBe(1);
    expect(await attempt({ tokenFile: 'token', token: 'old-token' }, { token: 'good-token\n' })).toBe(1);
  });

  test('a token in a file that is not there', async () => {
    await expect(attempt({ tokenFile: 'token' })).rejects.toMatchObject({
      code: 'FILE',
      message: expect.stringContaining('cluster prod: the credentials of the kubeconfig failed') as string,
    });
  });

  test('user and password, and the user that is impersonated', async () => {
    const server = await withApiServer(RUNS);
    await read({
      kubeconfig: await kubeconfigFile({ prod: { server: server.url, user: { username: 'ann', password: 'pass-word', as: 'bob' } } }),
    });
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('ann:pass-word').toString('base64')}`,
      'impersonate-user': 'bob',
    });
  });

  const PLUGIN = `const { apiVersion, spec } = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
if (process.env.MODE === 'fail') { console.error('no session: \\u001b[31mlog in\\u001b[0m'); process.exit(1); }
if (process.env.MODE === 'hang') { fs.writeFileSync(process.env.PID_FILE, String(process.pid)); setInterval(() => {}, 1000); }
else console.log(JSON.stringify({ apiVersion, kind: 'ExecCredential',
  status: { token: spec.cluster?.server ? process.env.TOKEN : 'no-cluster' } }));`;
  const plugin = (...env: readonly (readonly [string, string])[]): Readonly<Record<string, unknown>> => ({
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: ['-e', PLUGIN],
      provideClusterInfo: true,
      env: env.map(([name, value]) => ({ name, value })),
    },
  });

  test('an exec plugin, which is told what kubectl tells it', async () => {
    expect(await attempt(plugin(['TOKEN', 'good-token']))).toBe(1);
  });

  test('an exec plugin that fails, whose complaint is shown in one line', async () => {
    await expect(attempt(plugin(['MODE', 'fail']))).rejects.toMatchObject({
      code: 'AUTH',
      message: 'cluster prod: the credential plugin node failed: no session: log in.',
    });
  });

  test('an exec plugin that is not there', async () => {
    await expect(attempt({ exec: { command: './plugin' } })).rejects.toMatchObject({
      code: 'AUTH',
      message: 'cluster prod: the credential plugin plugin failed: there is no such program.',
    });
  });

  test('an exec plugin that hangs ends with the run', async () => {
    const pidFile = path.join(await folderWith({}), 'pid');
    const controller = new AbortController();
    const running = attempt(plugin(['MODE', 'hang'], ['PID_FILE', pidFile]), {}, { signal: controller.signal });
    await expect.poll(() => readFile(pidFile, 'utf8').catch(() => ''), { timeout: 600_000 }).not.toBe('');
    const pid = Number(await readFile(pidFile, 'utf8'));
    controller.abort(new Error('stopped'));
    await expect(running).rejects.toThrow('stopped');
    await expect.poll(() => isAlive(pid), { timeout: 600_000 }).toBe(false);
  });

  test('a provider that kubectl has given up', async () => {
    await expect(attempt({ 'auth-provider': { name: 'gcp', config: {} } })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('the auth-provider gcp of the kubeconfig is not supported') as string,
    });
  });

  test('a token that is refused is not in the error', async () => {
    await expect(attempt({ token: 'wrong-token' })).rejects.toSatisfy(
      (error: Error) => error.message.includes('(401)') && !error.message.includes('wrong-token'),
    );
  });
});

describe('in a pod', () => {
  test.skipIf(!HAS_OPENSSL)('the service account of the pod, by its token in a file (needs openssl)', async () => {
    const { ca, server: tls } = makeCertificates();
    const server = await withApiServer({
      objects: { deployments: [deployment('shop', 'web', 'shop/web:v1')] },
      tokens: ['pod-token'],
      tls,
    });
    const serviceAccount = await folderWith({ token: 'pod-token', 'ca.crt': ca });
    const { hostname, port } = new URL(server.url);

    const images = await read({}, { serviceAccount, env: { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port } });

    expect(images.map(({ source }) => source)).toEqual(['cluster in-cluster: shop/Deployment web (container app)']);
  });

  test('has no contexts', async () => {
    const serviceAccount = await folderWith({ token: 'pod-token' });
    await expect(read({ contexts: ['prod'] }, { serviceAccount, env: { KUBERNETES_SERVICE_HOST: '127.0.0.1' } })).rejects.toMatchObject({
      code: 'FILE',
      message: expect.stringContaining('There is no kubeconfig to find prod in') as string,
    });
  });
});

describe.skipIf(!HAS_OPENSSL)('TLS (needs openssl)', () => {
  test('the CA of the kubeconfig, as data or in a file, and no other', async () => {
    const { ca, server: tls } = makeCertificates();
    const server = await withApiServer({ ...RUNS, tls });
    const data = Buffer.from(ca).toString('base64');
    expect(
      await read({ kubeconfig: await kubeconfigFile({ prod: { server: server.url, cluster: { 'certificate-authority-data': data } } }) }),
    ).toHaveLength(1);
    expect(
      await read({
        kubeconfig: await kubeconfigFile(
          { prod: { server: server.url, cluster: { 'certificate-authority': 'ca.pem' } } },
          { 'ca.pem': ca },
        ),
      }),
    ).toHaveLength(1);
    await expect(read({ kubeconfig: await kubeconfigFile({ prod: { server: server.url } }) })).rejects.toMatchObject({
      code: 'UNREACHABLE',
    });
    const other = Buffer.from(makeCertificates().ca).toString('base64');
    await expect(
      read({ kubeconfig: await kubeconfigFile({ prod: { server: server.url, cluster: { 'certificate-authority-data': other } } }) }),
    ).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect(server.requests).toHaveLength(22);
  });

  test('a CA that is not there is an error, not every CA', async () => {
    const kubeconfig = await kubeconfigFile({ prod: { server: 'https://127.0.0.1:1', cluster: { 'certificate-authority': 'ca.pem' } } });
    await expect(read({ kubeconfig })).rejects.toMatchObject({
      code: 'FILE',
      message: expect.stringContaining('ca.pem, which its kubeconfig names') as string,
    });
  });

  test('none is asked for only where the kubeconfig says so', async () => {
    const { server: tls } = makeCertificates();
    const server = await withApiServer({ ...RUNS, tls });
    expect(
      await read({ kubeconfig: await kubeconfigFile({ prod: { server: server.url, cluster: { 'insecure-skip-tls-verify': true } } }) }),
    ).toHaveLength(1);
  });

  test('the name that the certificate is for', async () => {
    const { ca, server: tls } = makeCertificates();
    const server = await withApiServer({ ...RUNS, tls });
    const cluster = { 'certificate-authority-data': Buffer.from(ca).toString('base64') };
    expect(
      await read({
        kubeconfig: await kubeconfigFile({ prod: { server: server.url, cluster: { ...cluster, 'tls-server-name': 'registry.test' } } }),
      }),
    ).toHaveLength(1);
    await expect(
      read({
        kubeconfig: await kubeconfigFile({ prod: { server: server.url, cluster: { ...cluster, 'tls-server-name': 'other.test' } } }),
      }),
    ).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });

  test('a client certificate, of the kubeconfig or of a plugin', async () => {
    // The server's own certificate does for the client: one CA has signed it, and no use is written into it.
    const { ca, server: tls } = makeCertificates();
    const server = await withApiServer({ ...RUNS, tls: { ...tls, clientCa: ca } });
    const cluster = { 'certificate-authority-data': Buffer.from(ca).toString('base64') };
    const files = { 'client.pem': tls.cert, 'client.key': tls.key };
    expect(
      await read({
        kubeconfig: await kubeconfigFile(
          { prod: { server: server.url, cluster, user: { 'client-certificate': 'client.pem', 'client-key': 'client.key' } } },
          files,
        ),
      }),
    ).toHaveLength(1);
    const credential = JSON.stringify({ kind: 'ExecCredential', status: { clientCertificateData: tls.cert, clientKeyData: tls.key } });
    const folder = await folderWith({});
    await writeFile(path.join(folder, 'credential'), credential);
    const user = {
      exec: { command: process.execPath, args: ['-p', `fs.readFileSync(${JSON.stringify(path.join(folder, 'credential'))}, 'utf8')`] },
    };
    expect(await read({ kubeconfig: await kubeconfigFile({ prod: { server: server.url, cluster, user } }) })).toHaveLength(1);
    expect(new Set(server.requests.map(({ client }) => client))).toEqual(new Set(['registry.test']));
    await expect(read({ kubeconfig: await kubeconfigFile({ prod: { server: server.url, cluster } }) })).rejects.toMatchObject({
      code: 'UNREACHABLE',
    });
  });

  test('through the proxy of the kubeconfig, whatever the environment says', async () => {
    const { ca, server: tls } = makeCertificates();
    const server = await withApiServer({ ...RUNS, tls });
    const proxy = await startProxy(Number(new URL(server.url).port));
    const cluster = { 'certificate-authority-data': Buffer.from(ca).toString('base64'), 'proxy-url': proxy.url };
    expect(
      await read(
        { kubeconfig: await kubeconfigFile({ prod: { server: server.url, cluster, user: { token: 'good-token' } } }) },
        { env: { NO_PROXY: '*' } },
      ),
    ).toHaveLength(1);
    expect(new Set(proxy.seen.map(({ what }) => what))).toEqual(new Set([`CONNECT ${new URL(server.url).host}`]));
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
