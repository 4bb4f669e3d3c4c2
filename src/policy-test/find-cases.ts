import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorWords } from '../diagnostics/system-error.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { byCodeUnit } from '../domain/compare.ts';
import { EXPECTED_FILE } from './read-case-folder.ts';
import { TEST_FILE } from './read-test-file.ts';

/** Where cases stand: a file of cases, or a folder that is a case. */
export interface CasePlace {
  readonly path: string;
  readonly isFolder: boolean;
}

/** A file of cases as it is, or all files and folders of cases at or below a folder, sorted. Throws `FILE`. */
export async function findCases(path: string): Promise<CasePlace[]> {
  const isFolder = await stat(path).then((found) => found.isDirectory(), cannotRead(path, 'file or folder'));
  return isFolder ? (await casesIn(path)).toSorted((a, b) => byCodeUnit(a.path, b.path)) : [{ path, isFolder }];
}

async function casesIn(folder: string): Promise<CasePlace[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(cannotRead(folder, 'folder'));
  const own = entries.some(({ name }) => name === EXPECTED_FILE) ? [{ path: folder, isFolder: true }] : [];
  const files = entries.flatMap((entry) =>
    !entry.isDirectory() && TEST_FILE.test(entry.name) ? [{ path: join(folder, entry.name), isFolder: false }] : [],
  );
  const below = entries.filter((entry) => entry.isDirectory() && entry.name !== 'node_modules' && !entry.name.startsWith('.'));
  const others = await Promise.all(below.map(({ name }) => casesIn(join(folder, name))));
  return [...own, ...files, ...others.flat()];
}

const cannotRead =
  (path: string, what: string) =>
  (error: unknown): never => {
    throw new ToolError('FILE', `cannot read the ${what} ${path}: ${systemErrorWords(error, `there is no such ${what}`)}`, {
      hint: 'Give a file of cases, such as policies/releases.test.yaml, or a folder of them.',
      cause: error,
    });
  };
