import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The package's folder and version, found upwards from here: the same from the sources and from a bundle at any depth. */
export function packageRoot(): { readonly folder: string; readonly version: string } {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    try {
      const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: string; version?: string };
      if (name === 'regprune' && version !== undefined) return { folder, version };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    if (folder === dirname(folder)) throw new Error('the package.json of regprune is missing from its installation');
  }
}
