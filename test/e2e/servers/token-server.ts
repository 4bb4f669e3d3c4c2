import { randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun } from './run-process.ts';
import { binaryPath } from './server-binaries.ts';

export interface TokenUser {
  readonly user: string;
  readonly password: string;
  /** What it may do in every repository: `pull`, `push`, `delete`. */
  readonly actions: readonly string[];
}

/** A running token server, as distribution's `auth.token` describes one. Nobody gets anything without credentials. */
export interface TokenServer {
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  /** Path of the certificate that signs, for `rootcertbundle`. */
  readonly certificate: string;
  /** The scopes of every request so far. */
  readonly asked: string[][];
  /** Every token given out so far. */
  readonly tokens: string[];
  stop(): Promise<void>;
}

const SERVICE = 'test-registry';
const ISSUER = 'test-issuer';

/**
 * Gives out JSON Web Tokens signed with ES256 (distribution, docs/content/spec/auth/jwt.md). As real ones do, it grants what was asked for
 * as far as the user may, and silently less.
 */
export async function startTokenServer(users: readonly TokenUser[]): Promise<TokenServer> {
  const folder = await mkdtemp(join(tmpdir(), 'regprune-token-'));
  const [keyFile, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const make = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=test-issuer',
  ];
  await mustRun(binaryPath('openssl'), [...make, '-keyout', keyFile, '-out', certificate]);
  const key = await readFile(keyFile, 'utf8');
  const chain = [(await readFile(certificate, 'utf8')).replaceAll(/-----[A-Z ]+-----|\s/g, '')];
  const asked: string[][] = [];
  const tokens: string[] = [];

  const server = createServer((request, response) => {
    const { searchParams, pathname } = new URL(request.url ?? '', 'http://localhost');
    const user = users.find((one) => isBasic(request, one));
    const scopes = searchParams.getAll('scope').flatMap((text) => text.split(' '));
    asked.push(scopes);
    response.setHeader('content-type', 'application/json');
    if (request.method !== 'GET' || pathname !== '/token') return response.writeHead(404).end('{}');
    if (!user && request.headers.authorization !== undefined) {
      return response.writeHead(401).end(JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'incorrect username or password' }] }));
    }
    const token = signToken(
      key,
      chain,
      user?.user ?? '',
      scopes.map((text) => granted(text, user)),
    );
    tokens.push(token);
    return response.end(JSON.stringify({ token, expires_in: 300, issued_at: new Date().toISOString() }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const realm = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  return {
    realm,
    service: SERVICE,
    issuer: ISSUER,
    certificate,
    asked,
    tokens,
    async stop() {
      server.close();
      server.closeAllConnections();
      await rm(folder, { recursive: true });
    },
  };
}

interface Access {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/** `repository:NAME:ACTIONS` or `registry:catalog:*`, cut down to what the user may do. */
function granted(scope: string, user: TokenUser | undefined): Access {
  const [first, last] = [scope.indexOf(':'), scope.lastIndexOf(':')];
  const type = scope.slice(0, first);
  const actions = scope.slice(last + 1).split(',');
  return {
    type,
    name: scope.slice(first + 1, last),
    actions: user ? actions.filter((action) => type === 'registry' || user.actions.includes(action)) : [],
  };
}

function signToken(key: string, x5c: readonly string[], subject: string, access: readonly Access[]): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: ISSUER, sub: subject, aud: SERVICE, exp: now + 300, nbf: now - 10, iat: now, jti: randomUUID(), access };
  const text = [{ typ: 'JWT', alg: 'ES256', x5c }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

function isBasic(request: IncomingMessage, { user, password }: TokenUser): boolean {
  return request.headers.authorization === `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
