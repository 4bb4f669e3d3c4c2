import { homedir } from 'node:os';

/**
 * Gives a home to somebody whom the system does not know, as a container's user may be: `/`, as container runtimes say too. Libraries fail
 * without one as soon as they are loaded.
 */
export function ensureHomeFolder(): void {
  try {
    homedir();
  } catch {
    process.env['HOME'] = '/';
  }
}
