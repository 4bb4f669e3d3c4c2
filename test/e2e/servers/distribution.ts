import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun, startProcess } from './run-process.ts';
import { binaryPath } from './server-binaries.ts';
import type { TokenServer } from './token-server.ts';

export interface DistributionOptions {
  /** 2: Debian's docker-registry 2.8. 3: distribution 3. */
  readonly version: 2 | 3;
  /** Folder of its storage, kept when it stops; default a new one, removed then. */
  readonly root?: string;
  /** `storage.delete.enabled`; default true. */
  readonly deleteEnabled?: boolean;
  /** `htpasswd`: {@link HTPASSWD_USER}. A token server: tokens that it signs. Default: no authentication. */
  readonly auth?: 'htpasswd' | TokenServer;
}

/** A running registry. */
export interface Distribution {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Folder of its storage. */
  readonly root: string;
  /** Runs the registry's own garbage collector on its storage; nobody may push meanwhile. */
  collectGarbage(): Promise<void>;
  stop(): Promise<void>;
}

/** The one user of `auth: 'htpasswd'`. The registry takes bcrypt only; this is what `htpasswd -nbB -C 4` wrote. */
export const HTPASSWD_USER = { user: 'ann', password: 'correct-horse-battery' } as const;
const HTPASSWD = 'ann:$2y$04$LY9j5tSz0cntb57w.jun5e5/cd2xglxl2t576SOL5J2SAn81TIzgW\n';

/**
 * Starts distribution on a free port of 127.0.0.1. It keeps no cache of blob descriptors, so that it sees at once what garbage collection
 * removed.
 */
export async function startDistribution(options: DistributionOptions): Promise<Distribution> {
  const binary = binaryPath(options.version === 2 ? 'docker-registry' : 'registry3');
  const folder = await mkdtemp(join(tmpdir(), 'regprune-registry-'));
  const root = options.root ?? join(folder, 'storage');
  const config = join(folder, 'config.json');
  const htpasswd = join(folder, 'htpasswd');
  await writeFile(htpasswd, HTPASSWD);
  // JSON is YAML.
  await writeFile(
    config,
    JSON.stringify({
      version: '0.1',
      log: { level: 'info', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: root }, delete: { enabled: options.deleteEnabled ?? true } },
      http: { addr: '127.0.0.1:0' },
      ...(options.auth && { auth: authConfig(options.auth, htpasswd) }),
    }),
  );
  const env = { PATH: process.env['PATH'], OTEL_TRACES_EXPORTER: 'none' };
  let started: (host: string) => void = () => {};
  const listening = new Promise<string>((resolve) => (started = resolve));
  const { child, ended } = startProcess(binary, ['serve', config], { env }, (text) => {
    const address = /listening on (127\.0\.0\.1:\d+)/.exec(text)?.[1];
    if (address !== undefined) started(address);
  });
  const host = await Promise.race([
    listening,
    ended.then(({ stderr }) => {
      throw new Error(`${binary} did not start:\n${stderr}`);
    }),
  ]);
  return {
    host,
    url: `http://${host}`,
    root,
    async collectGarbage() {
      // Never with -m: on 2.8 that deletes the untagged children of tagged indexes (distribution issues 3004 and 3178).
      await mustRun(binary, ['garbage-collect', config], { env });
    },
    async stop() {
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

function authConfig(auth: 'htpasswd' | TokenServer, htpasswd: string): object {
  if (auth === 'htpasswd') return { htpasswd: { realm: 'test', path: htpasswd } };
  return { token: { realm: auth.realm, service: auth.service, issuer: auth.issuer, rootcertbundle: auth.certificate } };
}
