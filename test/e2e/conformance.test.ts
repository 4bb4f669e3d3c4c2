import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startEmbeddedRegistry } from '../../src/demo/embedded-registry.ts';
import type { EmbeddedRegistryOptions } from '../../src/demo/registry-options.ts';
import { serversRequired } from './servers/server-binaries.ts';

/** The compiled OCI distribution conformance suite: `go install github.com/opencontainers/distribution-spec/conformance@…`. */
const suite = process.env['REGPRUNE_CONFORMANCE'];

interface Result {
  readonly exitCode: number | null;
  readonly output: string;
  readonly passed: number;
  readonly failed: number;
  /** Names of the tests that were not run to their end, without the suite's own name. */
  readonly skipped: readonly string[];
}

async function runSuite(binary: string, options: EmbeddedRegistryOptions, env: Readonly<Record<string, string>>): Promise<Result> {
  const registry = await startEmbeddedRegistry(options);
  onTestFinished(() => registry.close());
  const folder = await mkdtemp(join(tmpdir(), 'regprune-conformance-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const child = spawn(binary, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { OCI_REGISTRY: registry.host, OCI_TLS: 'disabled', OCI_VERSION: '1.1', OCI_RESULTS_DIR: folder, ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  const statuses = [...(await readFile(join(folder, 'junit.xml'), 'utf8')).matchAll(/<testcase name="([^"]*)"[^>]* status="([^"]*)"/g)].map(
    ([, name, status]) => ({ name: name!.replace('OCI Conformance Test/', ''), status: status! }),
  );
  return {
    exitCode,
    output,
    passed: statuses.filter(({ status }) => status === 'passed').length,
    failed: statuses.filter(({ status }) => status !== 'passed' && status !== 'skipped').length,
    skipped: statuses.filter(({ status }) => status === 'skipped').map(({ name }) => name),
  };
}

describe.skipIf(!suite && !serversRequired)('OCI distribution conformance suite (needs REGPRUNE_CONFORMANCE)', () => {
  // Distribution wants the source of a mount named, and so does this registry: the suite then pushes the blob, which the spec allows.
  const mounts = ['sha256', 'sha512'].map((algorithm) => `${algorithm} blobs/mount anonymous/blob-mount-anonymous`);

  it('was built', () => {
    expect(suite, 'REGPRUNE_CONFORMANCE names the compiled suite').toBeTruthy();
  });

  it('passes on the embedded registry, with the answers that the spec leaves open', async () => {
    const env = { OCI_API_BLOBS_UPLOAD_CANCEL: 'true', OCI_API_BLOBS_DIGEST_HEADER: 'true', OCI_API_MANIFESTS_DIGEST_HEADER: 'true' };
    const { exitCode, output, passed, failed, skipped } = await runSuite(suite!, {}, env);
    expect(failed, output).toBe(0);
    expect(exitCode, output).toBe(0);
    expect(passed, output).toBeGreaterThan(400);
    expect(skipped).toEqual(mounts);
  });

  it('passes behind bearer tokens', async () => {
    const users = [{ name: 'ann', password: 's3cret', access: { '*': ['pull', 'push', 'delete'] } }];
    const env = { OCI_USERNAME: 'ann', OCI_PASSWORD: 's3cret' };
    const { exitCode, output, passed, failed } = await runSuite(suite!, { auth: { scheme: 'bearer', users } }, env);
    expect(failed, output).toBe(0);
    expect(exitCode, output).toBe(0);
    expect(passed, output).toBeGreaterThan(400);
  });

  it('finds fault where there is some', async () => {
    const { exitCode, failed } = await runSuite(suite!, { before: ({ method }) => (method === 'HEAD' ? { status: 500 } : undefined) }, {});
    expect(failed).toBeGreaterThan(0);
    expect(exitCode).toBe(1);
  });
});
