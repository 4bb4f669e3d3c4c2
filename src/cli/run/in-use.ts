import type { Settings } from '../../config/settings.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { InUse, InUseImage } from '../../domain/in-use.ts';
import { readInUseFile } from '../../inuse/file.ts';

/**
 * Everything that the sources say is in use. A source that is not there or cannot be read is a problem of the set: no plan made with it may be applied. One that can
 * be read and makes no sense throws `IN_USE_INVALID`. `hosts` are the registries' host names, by their names.
 */
export async function readInUse(sources: Settings['inUse'], hosts: InUse['hosts']): Promise<InUse> {
  const images: InUseImage[] = [];
  const problems: string[] = [];
  for (const { file } of sources) {
    try {
      images.push(...(await readInUseFile(file)));
    } catch (error) {
      if (!(error instanceof ToolError) || error.code !== 'FILE') throw error;
      problems.push(error.message);
    }
  }
  return { images, problems, hosts };
}
