import { access, constants, realpath, rename, rm, stat } from 'node:fs/promises';
import { GuardedFile, touch } from '../diagnostics/guarded-file.ts';
import { systemErrorWords } from '../diagnostics/system-error.ts';
import { ToolError } from '../diagnostics/tool-error.ts';

/** A text, or one that comes in parts. */
export type Text = string | Iterable<string> | AsyncIterable<string>;

/**
 * Writes a file completely or not at all: to a temporary name next to it, which is then renamed. What is not a regular file (a pipe,
 * `/dev/null`) is written to directly, because a rename would put a file in its place. Throws `FILE_WRITE`, and what `text` throws.
 */
export async function writeWhole(file: string, text: Text): Promise<void> {
  const target = await realpath(file).catch(() => file);
  const existing = await stat(target).catch(() => undefined);
  if (existing && !existing.isFile()) return writeTo(target, file, text);
  const temporary = temporaryFor(target);
  try {
    await writeTo(temporary, file, text);
    await rename(temporary, target).catch((error: unknown) => {
      throw unwritable(file, error);
    });
  } catch (error) {
    // If it cannot be removed, it was not made.
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

/**
 * Checks that a file can be written, before the work that makes its text: puts its temporary file there and removes it again. `origin` is
 * the option or the setting that names the file. Throws `FILE_WRITE`.
 */
export async function checkWritable(file: string, origin: string): Promise<void> {
  const target = await realpath(file).catch(() => file);
  try {
    const existing = await stat(target).catch(() => undefined);
    if (existing?.isDirectory()) throw new Error('it is a directory');
    if (existing && !existing.isFile()) return await access(target, constants.W_OK);
    const temporary = temporaryFor(target);
    await touch(temporary);
    await rm(temporary);
  } catch (error) {
    throw new ToolError('FILE_WRITE', `cannot write ${file}, which ${origin} names: ${systemErrorWords(error, NO_FOLDER)}`, {
      hint: 'Check that its folder exists and may be written to. Nothing was read and nothing was changed.',
      cause: error,
    });
  }
}

const NO_FOLDER = 'its folder does not exist';

function temporaryFor(target: string): string {
  return `${target}.${process.pid}.tmp`;
}

async function writeTo(path: string, file: string, text: Text): Promise<void> {
  let opened: GuardedFile | undefined;
  const orUnwritable = <Result>(work: Promise<Result>): Promise<Result> =>
    work.catch((error: unknown) => Promise.reject(unwritable(file, error)));
  try {
    opened = await orUnwritable(GuardedFile.open(path, 'w'));
    for await (const part of typeof text === 'string' ? [text] : text) await orUnwritable(opened.write(part));
    await orUnwritable(opened.end());
    // Pipes and terminals cannot be synced.
    if (await opened.isFile()) await orUnwritable(opened.sync());
  } finally {
    await opened?.close();
  }
}

function unwritable(file: string, error: unknown): ToolError {
  const unread = error instanceof Error && 'code' in error && error.code === 'ENXIO';
  return new ToolError('FILE_WRITE', `cannot write ${file}: ${systemErrorWords(error, NO_FOLDER)}`, {
    hint: unread ? 'Start what reads it first.' : 'Check that its folder exists and may be written to.',
    cause: error,
  });
}
