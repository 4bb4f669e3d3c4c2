import type { ToolError } from '../diagnostics/tool-error.ts';
import { OciClient } from '../distribution/client.ts';
import { ContentStore } from '../distribution/content-store.ts';
import type { Registry } from './registry.ts';

/**
 * Stands for a registry whose type could not be found out. Every call fails with the given error, so that the other registries can still be
 * worked on.
 */
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
    content: new ContentStore(new OciClient({ name, url, send: fail })),
  };
}
