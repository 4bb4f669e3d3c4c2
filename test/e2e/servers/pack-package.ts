import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mustRun } from './run-process.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** What `npm pack` makes of this checkout as it is built: its file, alone in a folder that goes when the process ends. */
export async function packPackage(): Promise<{ readonly folder: string; readonly file: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'regprune-packed-'));
  process.once('exit', () => rmSync(folder, { recursive: true }));
  const name = await mustRun('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT });
  return { folder, file: join(folder, name.trim()) };
}
