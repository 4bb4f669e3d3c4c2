import { lstat, stat } from 'node:fs/promises';
import path from 'node:path';
// The package's entry point runs .config/config.js of the working directory (its "meta config") and cannot be told not to. The class behind
// it does not.
import * as cosmiconfig from 'cosmiconfig/dist/Explorer.js';
import type { Options, PublicExplorer } from 'cosmiconfig';
import { readSource, type Source, unreadable } from '../diagnostics/source.ts';
import { isNotThere } from '../diagnostics/system-error.ts';
import { problemAt, SourceError } from '../diagnostics/source-error.ts';
import { LONGEST_FILE } from './yaml-source.ts';

/** Where a config may stand in a directory, the first one counts. YAML and JSON only: nothing that would be executed. */
const CONFIG_PLACES = [
  '.regctlrc',
  '.regctlrc.yaml',
  '.regctlrc.yml',
  '.regctlrc.json',
  'regctl.config.yaml',
  'regctl.config.yml',
  'regctl.config.json',
  'package.json',
] as const;

/** The key of package.json that holds the config. */
export const PACKAGE_KEY = 'regctl';

const { Explorer } = cosmiconfig as unknown as {
  readonly Explorer: new (options: Options & { readonly metaConfigFilePath: null }) => PublicExplorer;
};

/**
 * The nearest config in a directory or above it, but not above the root of its git repository. Outside of a git repository only the
 * directory itself is searched. Undefined if there is none. Throws `FILE` for a config that exists but cannot be read: it may hold what
 * protects images.
 */
export async function findConfig(cwd: string): Promise<Source | undefined> {
  const explorer = new Explorer({
    searchPlaces: [...CONFIG_PLACES],
    packageProp: PACKAGE_KEY,
    loaders: { '.json': load, '.yaml': load, '.yml': load, noExt: load },
    searchStrategy: 'none',
    ignoreEmptySearchPlaces: false,
    cache: false,
    mergeImportArrays: false,
    mergeSearchPlaces: false,
    transform: (result) => result,
    metaConfigFilePath: null,
    moduleName: PACKAGE_KEY,
  } as Options & { readonly metaConfigFilePath: null });
  for (const directory of await directoriesUp(path.resolve(cwd))) {
    await refuseOther(directory);
    const found = await explorer.search(directory);
    await refuseUnread(directory, found?.filepath);
    if (found) return (found.config as Source | undefined) ?? { file: found.filepath, text: '', lineStarts: [0] };
  }
  return undefined;
}

/** Text, not data: the positions are needed. Of package.json only to see whether it holds a config. */
async function load(file: string): Promise<unknown> {
  const source = await readSource(file, { what: 'config', maxBytes: LONGEST_FILE });
  if (path.basename(file) !== 'package.json') return source;
  return holdsConfig(source) ? { [PACKAGE_KEY]: source } : {};
}

function holdsConfig(source: Source): boolean {
  try {
    const data: unknown = JSON.parse(source.text);
    return typeof data === 'object' && data !== null && Object.hasOwn(data, PACKAGE_KEY);
  } catch {
    const problem = problemAt(
      source,
      { start: 0, end: 1 },
      `not valid JSON, so that nobody can tell whether it holds a "${PACKAGE_KEY}" config`,
    );
    throw new SourceError('CONFIG_INVALID', [problem], { hint: 'Correct the file.' });
  }
}

/** The directory and those above it, up to the root of its git repository. */
async function directoriesUp(start: string): Promise<string[]> {
  const directories: string[] = [];
  for (let directory = start; ; directory = path.dirname(directory)) {
    directories.push(directory);
    if (await isThere(path.join(directory, '.git'))) return directories;
    if (path.dirname(directory) === directory) return [start];
  }
}

async function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** Refuses devices and pipes: cosmiconfig would read a device without end, and wait for a pipe that nobody writes to. */
async function refuseOther(directory: string): Promise<void> {
  for (const place of CONFIG_PLACES) {
    const file = path.join(directory, place);
    const stats = await stat(file).catch(() => undefined);
    if (stats && !stats.isFile() && !stats.isDirectory()) throw unreadable(file, 'config', new Error('it is not a file'));
    if (stats?.isFile() && place !== 'package.json') return;
  }
}

/** Throws for files that cosmiconfig passes over: those that it may not read, and links that lead nowhere. */
async function refuseUnread(directory: string, found: string | undefined): Promise<void> {
  for (const place of CONFIG_PLACES) {
    const file = path.join(directory, place);
    if (file === found) return;
    const known = await lstat(file).then(
      () => true,
      (error: unknown) => {
        if (isNotThere(error)) return false;
        throw unreadable(file, 'config', error);
      },
    );
    if (!known) continue;
    await readSource(file, { what: 'config', maxBytes: LONGEST_FILE });
    // Only a package.json without a config may be passed over.
    if (place !== 'package.json') throw unreadable(file, 'config', new Error('it changed while it was read'));
  }
}
