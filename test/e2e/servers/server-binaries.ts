import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A program that tests start: a registry, or a client that is not ours. */
export type Binary =
  'docker-registry' | 'registry3' | 'crane' | 'skopeo' | 'openssl' | 'kube-apiserver' | 'etcd' | 'promtool' | 'zsh' | 'fish' | 'chromium';

/** How a person gets it. */
const HINTS: Readonly<Record<Binary, string>> = {
  'docker-registry': 'install the Debian package docker-registry (distribution 2.8)',
  registry3: 'run `go install github.com/distribution/distribution/v3/cmd/registry@v3.1.2` and name the binary in REGPRUNE_REGISTRY3',
  crane:
    'run `go install github.com/google/go-containerregistry/cmd/crane@v0.20.3` and have it on the PATH, ' +
    'or name the binary in REGPRUNE_CRANE',
  skopeo: 'install the Debian package skopeo',
  openssl: 'install the Debian package openssl',
  'kube-apiserver': 'build it as .ci/run does and name the binary in REGPRUNE_KUBE_APISERVER',
  promtool: 'install the Debian package prometheus',
  zsh: 'install the Debian package zsh',
  fish: 'install the Debian package fish',
  chromium: 'install the Debian package chromium',
  etcd: 'install the Debian package etcd-server, or name the binary in REGPRUNE_ETCD',
};

/** True in CI, where a missing server is a failure and no reason to skip. */
export const serversRequired = process.env['REGPRUNE_REQUIRE_SERVERS'] === '1';

/**
 * For `describe.skipIf`: true if one of the binaries is missing, unless servers are required; the tests then run, and fail with what is
 * missing.
 */
export function skipWithout(...binaries: readonly Binary[]): boolean {
  return !serversRequired && binaries.some((binary) => find(binary) === undefined);
}

/** The path of a binary. Throws an error that says how to get it. */
export function binaryPath(binary: Binary): string {
  const path = find(binary);
  if (path === undefined) throw new Error(`${binary} is not there: ${HINTS[binary]}.`);
  return path;
}

const found = new Map<Binary, string | undefined>();

function find(binary: Binary): string | undefined {
  if (!found.has(binary))
    found.set(binary, (NAMED_BY[binary] && process.env[NAMED_BY[binary]]) || (binary === 'registry3' ? findRegistry3() : onPath(binary)));
  return found.get(binary);
}

/** Variables that name a binary, wherever it is. */
const NAMED_BY: Partial<Readonly<Record<Binary, string>>> = {
  registry3: 'REGPRUNE_REGISTRY3',
  crane: 'REGPRUNE_CRANE',
  'kube-apiserver': 'REGPRUNE_KUBE_APISERVER',
  etcd: 'REGPRUNE_ETCD',
};

/** Distribution 3: what is called `registry` on the PATH if it says that it is version 3. */
function findRegistry3(): string | undefined {
  const path = onPath('registry');
  if (path === undefined) return undefined;
  try {
    return execFileSync(path, ['--version'], { encoding: 'utf8', timeout: 120_000 }).includes('distribution/v3') ? path : undefined;
  } catch {
    return undefined;
  }
}

/** The path of a program that is on the PATH and may be run. */
export function onPath(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
