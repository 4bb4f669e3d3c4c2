import type { ToolError } from '../diagnostics/tool-error.ts';
import type { Registry } from './registry.ts';

/** A registry of which not even its kind could be found out: whatever is asked of it is answered with that error, so that it stops no other registry. */
export function unavailableRegistry(name: string, url: string, error: ToolError): Registry {
  const fail = (): Promise<never> => Promise.reject(error);
  return {
    name,
    type: 'unknown',
    url,
    // oxlint-disable-next-line require-yield
    async *repositories() {
      throw error;
    },
    inventory: fail,
    checkDelete: fail,
    listTags: fail,
    resolveTag: fail,
    readManifest: fail,
    deleteManifest: fail,
    deleteTag: fail,
    putManifest: fail,
  };
}
