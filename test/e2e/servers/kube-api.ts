import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { mustRun, type Running, startProcess } from './run-process.ts';
import { binaryPath } from './server-binaries.ts';

/** What the API server answered. */
interface KubeAnswer {
  readonly status: number;
  readonly json: { readonly status?: { readonly token?: string; readonly allowed?: boolean }; readonly message?: string };
}

/** An object as it stands in a manifest. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** A running kube-apiserver with its etcd: no scheduler, no controllers, no nodes. What is written is all that happens. */
export interface KubeApi {
  readonly url: string;
  /** PEM of the CA of its certificate. */
  readonly ca: string;
  /** Somebody who may do everything. */
  readonly adminToken: string;
  /** One request of the administrator. */
  ask(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, content?: unknown): Promise<KubeAnswer>;
  /** One that must succeed. */
  must(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, content?: unknown): Promise<KubeAnswer['json']>;
  /** What `kubectl apply --server-side --validate=strict` does with an object: an unknown field is an error. Answers the object. */
  apply(object: KubeObject): Promise<KubeAnswer['json']>;
  /** Has etcd forget every revision but the newest: places in lists that were given out are then gone. */
  compact(): Promise<void>;
  stop(): Promise<void>;
}

const ADMIN_TOKEN = 'token-of-the-administrator';

/** Starts one on free ports of 127.0.0.1, with RBAC. */
export async function startKubeApi(): Promise<KubeApi> {
  const folder = await mkdtemp(join(tmpdir(), 'regprune-kube-'));
  const [clientPort, peerPort, port] = await freePorts(3);
  const etcdUrl = `http://127.0.0.1:${clientPort}`;
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  const key = join(folder, 'service-account.key');
  const tokens = join(folder, 'tokens.csv');
  await mustRun(binaryPath('openssl'), ['genrsa', '-out', key, '2048']);
  await writeFile(tokens, `${ADMIN_TOKEN},admin,1,system:masters\n`);
  const env = { PATH: process.env['PATH'] };
  const etcd = startProcess(
    binaryPath('etcd'),
    [
      `--data-dir=${join(folder, 'etcd')}`,
      '--unsafe-no-fsync',
      '--log-level=error',
      `--listen-client-urls=${etcdUrl}`,
      `--advertise-client-urls=${etcdUrl}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=default=${peerUrl}`,
    ],
    { env },
  );
  const server = startProcess(
    binaryPath('kube-apiserver'),
    [
      `--etcd-servers=${etcdUrl}`,
      '--etcd-compaction-interval=0',
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
      `--cert-dir=${join(folder, 'certificates')}`,
      '--authorization-mode=RBAC',
      `--token-auth-file=${tokens}`,
      `--service-account-key-file=${key}`,
      `--service-account-signing-key-file=${key}`,
      '--service-account-issuer=https://kubernetes.test',
      '--service-cluster-ip-range=10.0.0.0/24',
      // Pods need no ServiceAccount that a controller would have to make.
      '--disable-admission-plugins=ServiceAccount',
      // Lists come from etcd itself, page for page, as they do on a server whose cache does not reach back.
      '--watch-cache=false',
    ],
    { env },
  );
  const url = `https://127.0.0.1:${port}`;
  const agents: Agent[] = [];
  const stop = async (): Promise<void> => {
    for (const { child } of [server, etcd]) child.kill('SIGKILL');
    await Promise.all([server.ended, etcd.ended, ...agents.map((agent) => agent.destroy())]);
    await rm(folder, { recursive: true });
  };
  try {
    const ca = await readyCertificate(url, join(folder, 'certificates', 'apiserver.crt'), [etcd, server]);
    const agent = new Agent({ connect: { ca }, connections: 16 });
    agents.push(agent);
    const send = async (method: Parameters<KubeApi['ask']>[0], path: string, content: unknown, type: string): Promise<KubeAnswer> => {
      const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': type };
      const {
        statusCode,
        headers: answered,
        body,
      } = await request(url + path, {
        method,
        headers,
        dispatcher: agent,
        ...(content !== undefined && { body: JSON.stringify(content) }),
      });
      const text = await body.text();
      // A path that no API serves yet is answered with a line of text.
      const isJson = String(answered['content-type']).startsWith('application/json');
      return { status: statusCode, json: isJson ? (JSON.parse(text) as KubeAnswer['json']) : { message: text } };
    };
    const ask: KubeApi['ask'] = (method, path, content) =>
      send(method, path, content, method === 'PATCH' ? 'application/strategic-merge-patch+json' : 'application/json');
    const must: KubeApi['must'] = async (method, path, content) => {
      const { status, json } = await ask(method, path, content);
      if (status >= 300) throw new Error(`${method} ${path}: ${status} ${json.message}`);
      return json;
    };
    return {
      url,
      ca,
      adminToken: ADMIN_TOKEN,
      ask,
      must,
      async apply(object) {
        const { apiVersion, kind, metadata } = object;
        const { name, namespace } = metadata;
        const resource = `${kind.toLowerCase().replace(/y$/, 'ie')}s`;
        const group = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
        const path = `${group}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${resource}/${name}`;
        const words = '?fieldManager=test&fieldValidation=Strict';
        const { status, json } = await send('PATCH', path + words, object, 'application/apply-patch+yaml');
        if (status >= 300) throw new Error(`apply ${kind} ${name}: ${status} ${json.message}`);
        return json;
      },
      async compact() {
        const { header } = (await post(`${etcdUrl}/v3/kv/range`, { key: 'AA==' })) as { header: { revision: string } };
        await post(`${etcdUrl}/v3/kv/compaction`, { revision: header.revision, physical: true });
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Waits until the server is ready. Its certificate, which it makes itself, comes with the CA that signed it. */
async function readyCertificate(url: string, file: string, processes: readonly Running[]): Promise<string> {
  let ended = '';
  for (const each of processes) void each.ended.then(({ code, stderr }) => (ended = `ended with ${code}:\n${stderr.slice(-4000)}`));
  for (;;) {
    if (ended !== '') throw new Error(`The API server did not start: a process ${ended}`);
    const ca = await readFile(file, 'utf8').catch(() => '');
    if (ca !== '' && (await isReady(url, ca))) return ca;
    await pause(100);
  }
}

async function isReady(url: string, ca: string): Promise<boolean> {
  const agent = new Agent({ connect: { ca } });
  try {
    const { statusCode, body } = await request(`${url}/readyz`, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` }, dispatcher: agent });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  } finally {
    await agent.destroy();
  }
}

async function post(url: string, content: unknown): Promise<unknown> {
  const { statusCode, body } = await request(url, { method: 'POST', body: JSON.stringify(content) });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${url}: ${statusCode} ${text}`);
  return JSON.parse(text) as unknown;
}

/** Neither program takes port 0 and tells which one it got. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
