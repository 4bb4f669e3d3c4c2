import { createServer as createPlainServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

type Fields = Readonly<Record<string, unknown>>;

export interface FakeApiServerOptions {
  /** Objects by resource: `deployments`. */
  readonly objects?: Readonly<Record<string, readonly Fields[]>>;
  /** Tokens that are known; default every request is. */
  readonly tokens?: readonly string[];
  /** The versions of Flux's API that are served, each with its resources. Default: Flux is not there. */
  readonly flux?: Readonly<Record<string, readonly string[]>>;
  /** Resources that nobody may list. */
  readonly forbidden?: readonly string[];
  /** With TLS, and whose client certificates are asked for. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly clientCa?: string };
  /** Answers in place of the server where it takes the request. */
  readonly before?: (request: SeenRequest, response: ServerResponse) => boolean;
}

/** One request for a list. */
interface SeenRequest {
  readonly path: string;
  readonly resource: string;
  readonly limit: number;
  readonly continue?: string;
  readonly headers: IncomingMessage['headers'];
  /** Common name of the client's certificate. */
  readonly client?: string;
}

/** An API server that lists, as the Kubernetes API reference tells: in pages by `limit` and `continue`, and with a Status for an error. */
export interface FakeApiServer {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** Forgets every place in a list that was given out, as a compaction of etcd does. */
  compact(): void;
  close(): Promise<void>;
}

const FLUX = '/apis/source.toolkit.fluxcd.io';
/** The kinds of Flux's resources. */
const FLUX_KINDS: Readonly<Record<string, string>> = {
  ocirepositories: 'OCIRepository',
  helmcharts: 'HelmChart',
  helmrepositories: 'HelmRepository',
  gitrepositories: 'GitRepository',
};

/** Kind and path of every resource that it has. */
const RESOURCES: Readonly<Record<string, readonly [kind: string, path: string]>> = {
  pods: ['Pod', '/api/v1/pods'],
  podtemplates: ['PodTemplate', '/api/v1/podtemplates'],
  replicationcontrollers: ['ReplicationController', '/api/v1/replicationcontrollers'],
  deployments: ['Deployment', '/apis/apps/v1/deployments'],
  statefulsets: ['StatefulSet', '/apis/apps/v1/statefulsets'],
  daemonsets: ['DaemonSet', '/apis/apps/v1/daemonsets'],
  replicasets: ['ReplicaSet', '/apis/apps/v1/replicasets'],
  controllerrevisions: ['ControllerRevision', '/apis/apps/v1/controllerrevisions'],
  jobs: ['Job', '/apis/batch/v1/jobs'],
  cronjobs: ['CronJob', '/apis/batch/v1/cronjobs'],
};

export async function startFakeApiServer(options: FakeApiServerOptions = {}): Promise<FakeApiServer> {
  const { objects = {}, tokens, forbidden = [], flux = {}, tls, before } = options;
  const served: typeof RESOURCES = {
    ...RESOURCES,
    ...Object.fromEntries(
      Object.entries(flux).flatMap(([version, resources]) =>
        resources.map((resource) => [resource, [FLUX_KINDS[resource] ?? '', `${FLUX}/${version}/${resource}`] as const]),
      ),
    ),
  };
  const requests: SeenRequest[] = [];
  let epoch = 0;

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(request.url ?? '/', 'http://server');
    const [resource, [kind, path]] = Object.entries(served).find(([, [, where]]) => where === url.pathname) ?? ['', ['', '']];
    const from = url.searchParams.get('continue') ?? undefined;
    const client =
      tls?.clientCa === undefined
        ? undefined
        : (request.socket as unknown as { getPeerCertificate(): { subject?: { CN?: string } } }).getPeerCertificate().subject?.CN;
    const seen: SeenRequest = {
      path: url.pathname,
      resource,
      limit: Number(url.searchParams.get('limit')),
      ...(from !== undefined && { continue: from }),
      headers: request.headers,
      ...(client !== undefined && { client }),
    };
    requests.push(seen);
    if (before?.(seen, response)) return;
    if (tokens && !tokens.includes((request.headers.authorization ?? '').replace('Bearer ', '')))
      return status(response, 401, 'Unauthorized', 'Unauthorized');
    const discovered = discovery(url.pathname, flux);
    if (discovered) return reply(response, 200, discovered);
    if (path === '') return status(response, 404, 'NotFound', 'the server could not find the requested resource');
    if (forbidden.includes(resource))
      return status(
        response,
        403,
        'Forbidden',
        `${resource} is forbidden: User "limited" cannot list resource "${resource}" at the cluster scope`,
      );
    const [made = epoch, start = 0] = from === undefined ? [] : from.split('.').map(Number);
    if (made !== epoch)
      return status(response, 410, 'Expired', 'The provided continue parameter is too old to display a consistent list result.');
    const all = objects[resource] ?? [];
    const end = seen.limit === 0 ? all.length : start + seen.limit;
    const version = kind === 'Pod' ? 'v1' : path.split('/').slice(2, 4).join('/');
    const metadata = {
      resourceVersion: '7',
      ...(end < all.length && { continue: `${epoch}.${end}`, remainingItemCount: all.length - end }),
    };
    return reply(response, 200, { kind: `${kind}List`, apiVersion: version, metadata, items: all.slice(start, end) });
  };

  const server: Server = tls
    ? createServer(
        {
          key: tls.key,
          cert: tls.cert,
          ...(tls.clientCa !== undefined && { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true }),
        },
        answer,
      )
    : createPlainServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    compact() {
      epoch += 1;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The list of API groups, and that of the resources of Flux's versions. */
function discovery(path: string, flux: Readonly<Record<string, readonly string[]>>): Fields | undefined {
  const groupOf = (name: string, names: readonly string[]): Fields => {
    const versions = names.map((version) => ({ groupVersion: `${name}/${version}`, version }));
    return { name, versions, preferredVersion: versions[0] };
  };
  const versions = Object.keys(flux);
  if (path === '/apis') {
    const groups = [groupOf('apps', ['v1']), groupOf('batch', ['v1'])];
    if (versions.length > 0) groups.push(groupOf('source.toolkit.fluxcd.io', versions));
    return { kind: 'APIGroupList', apiVersion: 'v1', groups };
  }
  const version = versions.find((each) => path === `${FLUX}/${each}`);
  if (version === undefined) return undefined;
  const resources = (flux[version] ?? []).flatMap((name) => [
    { name, kind: FLUX_KINDS[name], namespaced: true, verbs: ['list'] },
    { name: `${name}/status`, kind: FLUX_KINDS[name], namespaced: true, verbs: ['get'] },
  ]);
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: `source.toolkit.fluxcd.io/${version}`, resources };
}

/** A Status, as every error of the API is one. */
export function status(response: ServerResponse, code: number, reason: string, message: string): void {
  reply(response, code, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code });
}

function reply(response: ServerResponse, code: number, content: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(content));
}
