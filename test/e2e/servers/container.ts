import { chmod, mkdir, mkdtemp, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { packPackage } from './pack-package.ts';
import { mustRun, type Running, startProcess } from './run-process.ts';
import { onPath, serversRequired } from './server-binaries.ts';

/** The user of the image; without an entry in any list of users. */
const CONTAINER_USER = 65532;

/** A folder that a container sees at a path. */
export interface Mount {
  readonly path: string;
  /** By their names. A folder with files is mounted read-only, another one can be written to. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface Container {
  /** Starts the image's program as process 1. */
  start(args: readonly string[], options?: { readonly env?: Readonly<Record<string, string>>; readonly user?: number }): Running;
  /** Sends SIGTERM to its process 1, as an engine does. */
  terminate(running: Running): Promise<void>;
}

/** Only root may mount; sudo is good enough. */
const AS_ROOT: readonly string[] = process.getuid?.() === 0 ? [] : ['sudo', '-n'];

/** For `describe.skipIf`: true where nothing can be mounted. */
export function skipWithoutMounts(): boolean {
  const there = ['unshare', 'chroot', 'setpriv'].every((name) => onPath(name)) && (AS_ROOT.length === 0 || onPath('sudo') !== undefined);
  return !there && !serversRequired;
}

/**
 * What a container engine would make of the packed package and the Containerfile, without an engine: a root file system of its own that
 * nobody can write to, with Node.js and its libraries, the package as the Containerfile unpacks it, and these mounts. A process there is
 * process 1 of its own, has no capabilities, and shares the network of this machine.
 */
export async function newContainer(mounts: readonly Mount[]): Promise<Container> {
  const base = await mkdtemp(join(tmpdir(), 'regprune-container-'));
  // The container's user has left files there.
  onTestFinished(() => asRoot(`rm -rf '${base}'`));
  await chmod(base, 0o755);
  const root = join(base, 'root');
  const place = (path: string): Promise<unknown> => mkdir(join(root, path), { recursive: true });
  for (const path of ['usr', 'proc', 'dev', 'nodejs/bin', 'opt/regprune']) await place(path);
  const ownLibraries: string[] = [];
  for (const name of ['lib', 'lib64']) {
    // On most systems a link into /usr.
    const target = await readlink(`/${name}`).catch(() => undefined);
    if (target !== undefined) await symlink(target, join(root, name));
    else {
      await place(name);
      ownLibraries.push(`/${name}`);
    }
  }
  await writeFile(join(root, 'nodejs/bin/node'), '');
  packageFolder ??= unpackedPackage();
  const folderAt = (path: string): string => join(base, 'mounts', path.replaceAll('/', '_'));
  for (const { path, files } of mounts) {
    const folder = folderAt(path);
    await mkdir(folder, { recursive: true });
    for (const [name, text] of Object.entries(files ?? {})) await writeFile(join(folder, name), text, { mode: 0o644 });
    await chmod(folder, files ? 0o755 : 0o777);
    const inner = mounts.filter((other) => path.startsWith(`${other.path}/`)).toSorted((a, b) => b.path.length - a.path.length)[0];
    await mkdir(inner ? join(folderAt(inner.path), path.slice(inner.path.length)) : join(root, path), { recursive: true });
  }
  const binds = [
    ['/usr', '/usr', 'ro'],
    ...ownLibraries.map((path) => [path, path, 'ro']),
    ['/dev', '/dev', 'rw'],
    [await packageFolder, '/opt/regprune', 'ro'],
    [process.execPath, '/nodejs/bin/node', 'ro'],
    ...mounts.map(({ path, files }) => [folderAt(path), path, files ? 'ro' : 'rw']),
  ] as string[][];
  return {
    async terminate({ child }) {
      let pid = String(child.pid);
      for (let next = await childOf(pid); next !== ''; next = await childOf(pid)) pid = next;
      await asRoot(`kill -TERM ${pid}`);
    },
    start(args, { env = {}, user = CONTAINER_USER } = {}) {
      const script = [
        'set -e',
        `mount --bind '${root}' '${root}'`,
        ...binds.map(([source, path, mode]) => `mount --bind ${mode === 'ro' ? '-o ro ' : ''}'${source}' '${root}${path}'`),
        `mount -t proc proc '${root}/proc'`,
        `mount -o remount,bind,ro '${root}'`,
        `exec chroot '${root}' /usr/bin/setpriv --reuid=${user} --regid=${user} --groups=${CONTAINER_USER} ` +
          `--no-new-privs --bounding-set=-all --inh-caps=-all "$@"`,
      ].join('\n');
      const variables = Object.entries({ NODE_ENV: 'production', ...env }).map(([name, value]) => `${name}=${value}`);
      const isolated = ['unshare', '--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', script, 'sh'];
      const program = ['/usr/bin/env', '-i', ...variables, '/nodejs/bin/node', '/opt/regprune/bin/regctl.js', ...args];
      const [command, ...words] = [...AS_ROOT, ...isolated, ...program] as unknown as [string, ...string[]];
      return startProcess(command, words, { cwd: dirname(base) });
    },
  };
}

async function asRoot(script: string): Promise<void> {
  await mustRun('sh', ['-c', `${AS_ROOT.join(' ')} ${script}`]);
}

let packageFolder: Promise<string> | undefined;

/** What `npm pack` makes of this checkout, unpacked as the Containerfile does; once for all tests of a file. */
async function unpackedPackage(): Promise<string> {
  const { folder, file } = await packPackage();
  await chmod(folder, 0o755);
  const unpacked = join(folder, 'package');
  await mkdir(unpacked);
  await mustRun('tar', ['-xzf', file, '--strip-components=1', '--no-same-owner', '-C', unpacked]);
  return unpacked;
}

/** The first process that a process has started; empty where there is none. */
async function childOf(pid: string): Promise<string> {
  return (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ')[0] as string;
}
