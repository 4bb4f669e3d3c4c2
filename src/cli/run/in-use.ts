import type { InUseSource } from '../../config/config.ts';
import type { Settings } from '../../config/settings.ts';
import { type ErrorCode, ToolError } from '../../diagnostics/tool-error.ts';
import type { InUse, InUseImage } from '../../domain/in-use.ts';
import { readInUseFile } from '../../inuse/file.ts';
import type { Context } from '../options.ts';

/** What is wrong with what somebody wrote. Every other error is the source's: it could not be read. */
const MISTAKES: readonly ErrorCode[] = ['IN_USE_INVALID', 'CONFIG_INVALID', 'USAGE'];

/**
 * Everything that the sources say is in use. A source that is not there or cannot be read is a problem of the set: no plan made with it may be applied. One that can
 * be read and makes no sense throws `IN_USE_INVALID`. `hosts` are the registries' host names, by their names.
 */
export async function readInUse({ inUse: sources }: Settings, hosts: InUse['hosts'], context: Context): Promise<InUse> {
  const images: InUseImage[] = [];
  const problems: string[] = [];
  for (const source of sources) {
    try {
      images.push(...(await readSource(source, context)));
    } catch (error) {
      context.io.signal.throwIfAborted();
      if (!(error instanceof ToolError) || MISTAKES.includes(error.code)) throw error;
      problems.push(error.message);
    }
  }
  return { images, problems, hosts };
}

async function readSource(source: InUseSource, { io }: Context): Promise<readonly InUseImage[]> {
  if ('file' in source) return readInUseFile(source.file);
  throw new ToolError('CONFIG_INVALID', `in-use source ${Object.keys(source)[0]} ${io.program}`, { hint: 'TEMPORARY: each helper adds its kind above' });
}
