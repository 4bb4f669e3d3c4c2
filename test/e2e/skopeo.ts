import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun, runProcess } from './servers/run-process.ts';
import { binaryPath } from './servers/server-binaries.ts';

const COPY = ['copy', '--all', '--insecure-policy', '--src-tls-verify=false', '--dest-tls-verify=false', '--quiet'];

/**
 * Copies an image with all its platforms and attached children into a registry. `source` as skopeo names images: `oci:FOLDER:TAG`,
 * `docker-archive:FILE`.
 */
export async function skopeoPush(source: string, target: string): Promise<void> {
  await mustRun(binaryPath('skopeo'), [...COPY, source, `docker://${target}`]);
}

/**
 * Pulls images with all their platforms, as `host:port/repository[:tag|@digest]`, every blob checked by skopeo. Answers what it said of
 * those that it could not pull: none means that all of them are whole.
 */
export async function failedPulls(references: readonly string[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'regprune-pull-'));
  const failures: string[] = [];
  const queue = [...references.entries()];
  const worker = async (): Promise<void> => {
    for (let next = queue.pop(); next; next = queue.pop()) {
      const [number, reference] = next;
      const { code, stderr } = await runProcess(binaryPath('skopeo'), [
        ...COPY,
        `docker://${reference}`,
        `dir:${join(folder, String(number))}`,
      ]);
      if (code !== 0) failures.push(`${reference}: ${stderr.trim()}`);
    }
  };
  await Promise.all([worker(), worker(), worker()]);
  await rm(folder, { recursive: true });
  return failures.sort();
}
