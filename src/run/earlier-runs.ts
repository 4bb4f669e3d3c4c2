import { findLeftovers } from '../apply/leftovers.ts';
import { type UnfinishedRun, unfinishedRuns, urlIn } from '../apply/unfinished-runs.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { RepositoryInventory } from '../domain/inventory.ts';
import type { Leftovers } from '../plan/leftovers.ts';
import type { Registry } from '../registry/registry.ts';

/** The runs before this one that were stopped, and what they left half-way. */
export interface EarlierRuns {
  /** What they left in a repository that was just read; undefined where that is nothing. */
  readonly leftIn: (inventory: RepositoryInventory) => Promise<Leftovers | undefined>;
  /** Whether any of them may have left something in a repository. */
  readonly mayHaveLeft: (registry: string, repository: string) => boolean;
  /** Names of the journals of those that left something in the repositories looked at. */
  readonly unfinished: () => readonly string[];
  /** Names of the journals of those that left nothing in any of their repositories. */
  readonly finished: () => readonly string[];
  /** Once nothing is asked any more. */
  readonly close: () => Promise<void>;
}

/**
 * Reads the journals in a folder, if there is one. What cannot be read is told to `failed`, and stops nothing: what is left is left for the
 * next run.
 */
export async function openEarlierRuns(
  folder: string | undefined,
  registries: ReadonlyMap<string, Registry>,
  failed: (error: ToolError) => void,
): Promise<EarlierRuns> {
  const runs = folder === undefined ? [] : await unfinishedRuns(folder, failed).catch(noneAfter(failed));
  const looked = new Set<string>();
  const unfinished = new Set<string>();
  const touched = new Set(runs.flatMap(({ journal }) => placesIn(journal)));
  return {
    leftIn: async (inventory) => {
      const registry = registries.get(inventory.registry);
      if (runs.length === 0 || !registry || !inventory.complete) return undefined;
      try {
        const { journals, ...leftovers } = await findLeftovers(registry, inventory, runs);
        for (const name of journals) unfinished.add(name);
        looked.add(placeOf(registry.url, inventory.repository));
        return leftovers;
      } catch (error) {
        if (!(error instanceof ToolError)) throw error;
        failed(error);
        return undefined;
      }
    },
    mayHaveLeft: (name, repository) => touched.has(placeOf(registries.get(name)?.url, repository)),
    unfinished: () => [...unfinished],
    finished: () => runs.filter((run) => !unfinished.has(run.name) && wasLookedAt(run, looked)).map(({ name }) => name),
    close: async () => {
      for (const { journal } of runs) await journal.close();
    },
  };
}

function noneAfter(failed: (error: ToolError) => void): (error: unknown) => UnfinishedRun[] {
  return (error) => {
    if (!(error instanceof ToolError)) throw error;
    failed(error);
    return [];
  };
}

function wasLookedAt({ journal }: UnfinishedRun, looked: ReadonlySet<string>): boolean {
  return placesIn(journal).every((place) => looked.has(place));
}

/** Where a run was to change something. */
function placesIn(journal: UnfinishedRun['journal']): string[] {
  return journal.planned.map(({ registry, repository }) => placeOf(urlIn(journal, registry), repository));
}

function placeOf(url: string | undefined, repository: string): string {
  return JSON.stringify([url, repository]);
}
