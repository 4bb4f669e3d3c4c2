import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import type { Plan } from '../../../src/plan/plan.ts';
import { copyForTest } from '../program.ts';
import { fillRegistry } from '../registry-history.ts';
import { type Distribution, type DistributionOptions, startDistribution } from '../servers/distribution.ts';
import type { StoredRepository } from '../servers/distribution-storage.ts';

/** A registry that is filled once for a whole file of tests. */
export interface FilledRegistry {
  readonly version: 2 | 3;
  /** Starts a registry on a copy of the filled storage, until the test ends. */
  start(options?: Omit<DistributionOptions, 'version' | 'root'>): Promise<Distribution>;
}

/** To be called in a `describe`. */
export function useFilledRegistry(version: 2 | 3): FilledRegistry {
  let root = '';
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'regprune-filled-'));
    const registry = await startDistribution({ version, root });
    await fillRegistry(registry.host);
    await registry.stop();
  });
  afterAll(() => rm(root, { recursive: true, force: true }));
  return {
    version,
    async start(options = {}) {
      const registry = await startDistribution({ ...options, version, root: await copyForTest(root) });
      onTestFinished(() => registry.stop());
      return registry;
    },
  };
}

type Storage = Readonly<Record<string, StoredRepository>>;

/** What a storage holds once just what a plan says has gone. */
export function afterPlan(before: Storage, plan: Plan): Storage {
  const after: Record<string, StoredRepository> = { ...before };
  for (const { repository, images } of plan.repositories) {
    const deleted = new Set<string>(images.filter(({ action }) => action === 'delete').map(({ digest }) => digest));
    const untagged = new Set(images.flatMap(({ untag }) => untag));
    const { manifests, tags } = before[repository]!;
    after[repository] = {
      manifests: manifests.filter((digest) => !deleted.has(digest)),
      tags: Object.fromEntries(Object.entries(tags).filter(([tag, digest]) => !deleted.has(digest) && !untagged.has(tag))),
    };
  }
  return after;
}
