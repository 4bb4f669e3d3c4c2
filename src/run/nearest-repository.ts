import { didYouMean } from '../diagnostics/nearest.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Registry } from '../registry/registry.ts';

/** How many names are compared with one that is not there. */
const MOST_COMPARED = 1000;

/** `; did you mean "…"?` with the repository of the registry that a name probably means; empty if none is near or none is listed. */
export async function nearestRepository(registry: Registry, name: string, signal: AbortSignal): Promise<string> {
  const folder = /^(.+)\//.exec(name)?.[1];
  for (const below of folder === undefined ? [undefined] : [folder, undefined]) {
    const meant = didYouMean(name, await listedNames(registry, below, signal));
    if (meant !== '') return meant;
  }
  return '';
}

/** The first names that a registry lists; none if it lists none to this user. */
async function listedNames(registry: Registry, below: string | undefined, signal: AbortSignal): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const name of registry.repositories({ ...(below !== undefined && { below }), signal }))
      if (names.push(name) >= MOST_COMPARED) break;
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
  }
  return names;
}
