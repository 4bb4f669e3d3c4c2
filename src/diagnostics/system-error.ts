/** What the operating system says most often, in words. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'EROFS, the file system is read-only',
  ENOSPC: 'ENOSPC, the disk is full',
  EDQUOT: 'EDQUOT, the quota is used up',
  EFBIG: 'EFBIG, the file would be too large',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is not a directory',
  ENXIO: 'ENXIO, it is a named pipe that nobody reads',
  EMFILE: 'EMFILE, too many files are open',
};

/** True of the error that a file, or a folder on the way to it, is not there. */
export function isNotThere(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

/** Why a file could not be read or written, without the path that the message names anyway. `missing` says what is not there. */
export function systemErrorWords(error: unknown, missing = 'there is no such file'): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT') return missing;
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}
