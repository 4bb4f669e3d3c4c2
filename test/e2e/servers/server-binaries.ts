import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A program that tests start: a registry, or a client that is not ours. */
export type Binary = 'docker-registry' | 'registry3' | 'skopeo' | 'openssl';

/** How a person gets it. */
const HINTS: Readonly<Record<Binary, string>> = {
  'docker-registry': 'install the Debian package docker-registry (distribution 2.8)',
  registry3: 'run `go install github.com/distribution/distribution/v3/cmd/registry@v3.1.2` and name the binary in REGPRUNE_REGISTRY3',
  skopeo: 'install the Debian package skopeo',
  openssl: 'install the Debian package openssl',
};

/** True in CI, where a missing server is a failure and no reason to skip. */
export const serversRequired = process.env['REGPRUNE_REQUIRE_SERVERS'] === '1';

/**
 * For `describe.skipIf`: true if one of the binaries is missing, unless servers are required; the tests then run, and fail with what is missing.
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
  if (!found.has(binary)) found.set(binary, binary === 'registry3' ? findRegistry3() : onPath(binary));
  return found.get(binary);
}

/** Distribution 3, from the environment, or what is called `registry` on the PATH if it says that it is version 3. */
function findRegistry3(): string | undefined {
  const named = process.env['REGPRUNE_REGISTRY3'];
  if (named) return named;
  const path = onPath('registry');
  if (path === undefined) return undefined;
  try {
    return execFileSync(path, ['--version'], { encoding: 'utf8', timeout: 10_000 }).includes('distribution/v3') ? path : undefined;
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
