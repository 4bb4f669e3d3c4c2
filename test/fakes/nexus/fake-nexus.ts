import { type FakeServer, startFakeServer } from '../shared/fake-server.ts';
import { ADMIN, type FakeAccount } from './accounts.ts';
import { bare } from './reply.ts';
import { answerRegistryApi } from './registry-api.ts';
import { answerRest } from './rest.ts';
import { NexusStore } from './store.ts';

export interface FakeNexusOptions {
  readonly accounts?: readonly FakeAccount[];
  readonly pageSize?: number;
  readonly tokens?: boolean;
  readonly version?: string;
  /** What a connector for Docker clients is for; its address is `connector`. */
  readonly connectorFor?: string;
}

export interface FakeNexus extends FakeServer {
  readonly store: NexusStore;
  /** The port of one repository alone. */
  readonly connector: FakeServer | undefined;
}

/** A Nexus Repository 3 on 127.0.0.1, made by its description (3.94) and by what users of it report; its Docker format is not public. */
export async function startFakeNexus(options: FakeNexusOptions = {}): Promise<FakeNexus> {
  const { accounts = [ADMIN], pageSize = 100, tokens = false, version = '3.94.0-12', connectorFor } = options;
  const store = new NexusStore();
  const granted = new Map<string, FakeAccount>();
  const shared = { store, accounts, pageSize, tokens, version, granted };
  const headers = { server: `Nexus/${version} (COMMUNITY)`, 'x-content-type-options': 'nosniff' };
  const keeps = (path: string): boolean => path.startsWith('/service/rest/');
  const server = await startFakeServer({
    answer(request, url) {
      if (request.path.startsWith('/service/rest/')) return answerRest(request, shared);
      const [, name, rest] = /^\/repository\/([^/]+)(\/v2\/.*)$/.exec(request.path) ?? [];
      if (rest !== undefined)
        return answerRegistryApi({ ...request, path: rest }, { ...shared, url: `${url}/repository/${name}`, only: name });
      if (request.path.startsWith('/v2/')) return answerRegistryApi(request, { ...shared, url, only: undefined });
      // The web page, by which clients look for the version in "Server".
      if (request.path === '/')
        return { status: 200, headers: { 'content-type': 'text/html' }, body: '<html><title>Sonatype Nexus Repository</title></html>' };
      throw bare(404);
    },
    headers,
    keeps,
  });
  const connector =
    connectorFor === undefined
      ? undefined
      : await startFakeServer({
          answer(request, url) {
            if (request.path.startsWith('/v2/')) return answerRegistryApi(request, { ...shared, url, only: connectorFor });
            return {
              status: 400,
              headers: { 'content-type': 'text/html' },
              body: '<html><title>Error 400 Not a Docker request</title></html>',
            };
          },
          headers,
          keeps: () => false,
        });
  if (connector) store.repository(connectorFor!).httpPort = Number(connector.host.split(':')[1]);
  return {
    ...server,
    store,
    connector,
    async close() {
      await connector?.close();
      await server.close();
    },
  };
}
