import type { Dirent } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { unreadable } from '../diagnostics/source.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { byCodeUnit } from '../domain/compare.ts';
import { compileGlobs, isGlob, type NameMatcher } from '../policy/glob.ts';

/** Of a folder tree that a glob is looked for in; links can make a small tree look endless. */
const MOST_FOLDERS = 100_000;

/**
 * The files that a text means, sorted: the one of that very name, or, where there is none and it has the characters of a glob, all that the
 * glob matches (a pattern as in a policy, `**` crosses `/`; names that begin with "." are matched too, but `.git` is not looked into).
 *
 * Links are followed within the tree that the glob begins at. Throws `FILE` for a link out of it or in a circle, for a folder that cannot
 * be read, for anything else but a file, such as a pipe, and for a glob that matches no file: what could not be looked at may be what
 * matters. `what` says in messages what the files are.
 */
export async function filesOf(text: string, what: string): Promise<string[]> {
  if (!/[*?[{]/.test(text) || (await isThere(text))) return [text];
  const parts = text.split('/');
  const plain = parts.findIndex((part) => /[*?[{\\]/.test(part));
  const start = parts.slice(0, plain).join('/');
  const pattern = parts.slice(plain).join('/');
  const base = text.startsWith('/') && start === '' ? '/' : start;
  if (!isGlob(pattern))
    throw new ToolError('FILE', `${text}: there is no such file, and it is not a glob.`, { hint: 'Close its brackets and braces.' });
  const root = path.resolve(base);
  const walk: Walk = {
    text,
    root,
    real: await resolved(root, text, what),
    what,
    matches: compileGlobs([pattern]),
    mayHold: foldersOf(parts.slice(plain)),
    found: [],
    folders: 0,
  };
  await visit(walk, '', [walk.real]);
  if (walk.found.length === 0)
    throw new ToolError('FILE', `${text}: the glob matches no file.`, { hint: `Check the path. Without it, no ${what} is read.` });
  return walk.found.toSorted(byCodeUnit).map((file) => (base === '' || base.endsWith('/') ? `${base}${file}` : `${base}/${file}`));
}

interface Walk {
  readonly text: string;
  readonly what: string;
  readonly root: string;
  /** The root without links. */
  readonly real: string;
  readonly matches: NameMatcher;
  /** False of a folder, relative to the root, in which no file can match. */
  readonly mayHold: NameMatcher;
  /** Relative to the root, with `/`. */
  readonly found: string[];
  folders: number;
}

/** Looks into a folder. `chain` is the folder and all around it, without links: one of these again would be a loop. */
async function visit(walk: Walk, folder: string, chain: readonly string[]): Promise<void> {
  if (++walk.folders > MOST_FOLDERS)
    throw new ToolError('FILE', `${walk.text}: more than ${MOST_FOLDERS} folders to look into.`, {
      hint: 'Begin the glob with the folder that is meant.',
    });
  for (const entry of await entriesOf(path.join(walk.root, folder), walk.what)) {
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
    const wanted = walk.matches(name);
    if (entry.name === '.git' || (!wanted && !walk.mayHold(name))) continue;
    const kind = await kindOf(walk, name, entry, wanted);
    if (kind === 'file' && wanted) walk.found.push(name);
    if (kind === 'other' && wanted)
      throw new ToolError(
        'FILE',
        `${path.join(walk.root, name)}: it is neither a file nor a folder, and the glob ${walk.text} matches it.`,
        {
          hint: 'Name a pipe as a source of its own, or leave it out of the glob.',
        },
      );
    if (kind !== 'folder' || !walk.mayHold(name)) continue;
    const real = await resolved(path.join(walk.root, name), name, walk.what);
    if (chain.includes(real))
      throw new ToolError('FILE', `${path.join(walk.root, name)}: the link leads back to a folder that it is in.`, {
        hint: 'Remove it, or leave it out of the glob.',
      });
    await visit(walk, name, [...chain, real]);
  }
}

/**
 * What an entry is; of a link, what it leads to. A link that leads nowhere, or out of the tree, throws where it is wanted or may hold
 * something that is.
 */
async function kindOf(
  { root, real, text, what }: Walk,
  name: string,
  entry: Dirent,
  wanted: boolean,
): Promise<'file' | 'folder' | 'other'> {
  const simple = (one: Pick<Dirent, 'isFile' | 'isDirectory'>): 'file' | 'folder' | 'other' =>
    one.isFile() ? 'file' : one.isDirectory() ? 'folder' : 'other';
  if (!entry.isSymbolicLink()) return simple(entry);
  const file = path.join(root, name);
  try {
    const kind = simple(await stat(file));
    if (kind === 'file' && !wanted) return 'other';
    const target = await realpath(file);
    if (target === real || target.startsWith(real.endsWith(path.sep) ? real : `${real}${path.sep}`)) return kind;
  } catch (cause) {
    // Of a link that leads nowhere only a name is left: it was no folder's, or the folder is gone.
    if (!wanted) return 'other';
    throw unreadable(file, what, cause);
  }
  throw new ToolError('FILE', `${file}: the link leads out of the folder that the glob ${text} begins at.`, {
    hint: 'Name what it leads to as a source of its own, or leave it out of the glob.',
  });
}

/** The folders that a pattern may find something in, as far as its parts tell: up to the first that can stand for several. */
function foldersOf(parts: readonly string[]): NameMatcher {
  const plain = parts.findIndex((part) => part.includes('**') || part.includes('{'));
  const prefixes = parts.slice(0, plain < 0 ? parts.length - 1 : plain).map((_, index) => parts.slice(0, index + 1).join('/'));
  // A bracket with a "/" in it is cut in two: nothing is told by its halves.
  if (!prefixes.every(isGlob)) return () => true;
  const matchers = prefixes.map((prefix) => compileGlobs([prefix]));
  return (folder) => {
    const depth = folder.split('/').length;
    const matcher = matchers[depth - 1];
    return matcher ? matcher(folder) : plain >= 0;
  };
}

async function entriesOf(folder: string, what: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    throw unreadable(folder, what, cause);
  }
}

async function resolved(folder: string, text: string, what: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch (cause) {
    throw unreadable(text, what, cause);
  }
}

async function isThere(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch {
    return false;
  }
}
