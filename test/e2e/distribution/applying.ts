import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Plan } from '../../../src/plan/plan.ts';
import { newUser, type User } from '../program.ts';
import { KEPT_TAGS, POLICY, SHARED_TAGS } from '../registry-history.ts';
import type { Distribution } from '../servers/distribution.ts';
import { brokenParts, readStorage, storedBytes, storedManifest } from '../servers/distribution-storage.ts';
import { failedPulls } from '../skopeo.ts';
import { afterPlan, type FilledRegistry } from './filled-registry.ts';
import { ordinaryTags } from './tags.ts';

/** What becomes of a registry when a plan is carried out, undone, and carried out again for good. */
export function testApplying(filled: FilledRegistry): void {
  it('deletes just what it planned, and undo puts it back so that it pulls again', async () => {
    const registry = await filled.start();
    const before = await readStorage(registry.root);
    const user = await newUser({ files: { 'policy.yaml': POLICY } });

    const plan = await prune(user, registry);

    const after = await readStorage(registry.root);
    expect(after).toEqual(afterPlan(before, plan));
    for (const [repository, { tags }] of Object.entries(after)) {
      const shared = filled.version === 2 ? (SHARED_TAGS[repository] ?? []) : [];
      expect(ordinaryTags(Object.keys(tags)), repository).toEqual([...KEPT_TAGS[repository]!, ...shared].sort());
    }
    expect(await brokenParts(registry.root)).toEqual([]);

    const [journal] = await user.journals();
    await user.succeed('undo', journal!);
    expect(await readStorage(registry.root)).toEqual(before);
    expect(await brokenParts(registry.root)).toEqual([]);
    expect(await failedPulls(await imagesIn(registry, (repository, tag) => after[repository]!.tags[tag] === undefined))).toEqual([]);
  });

  it('leaves every kept image to be pulled when the garbage is collected, which frees as many bytes as planned', async () => {
    const registry = await filled.start();
    const user = await newUser({ files: { 'policy.yaml': POLICY } });
    const plan = await prune(user, registry);
    const bytes = await storedBytes(registry.root);

    await registry.collectGarbage();

    expect(plan.summary.bytes).toEqual({
      deleted: expect.any(Number) as number,
      freed: bytes - (await storedBytes(registry.root)),
      exact: true,
    });
    expect(plan.summary.bytes.freed).toBeGreaterThan(10_000);
    expect(await brokenParts(registry.root)).toEqual([]);
    expect(await failedPulls(await imagesIn(registry))).toEqual([]);
    // And there is nothing more to do.
    expect(await user.succeed('prune', '--registry', registry.url, '-p', 'policy.yaml', '-o', 'name')).toBe('');
  });

  it('says that deletion is switched off before it deletes anything', async () => {
    const registry = await filled.start({ deleteEnabled: false });
    const before = await readStorage(registry.root);
    const user = await newUser({ files: { 'policy.yaml': POLICY } });

    const { code, stderr } = await user.run('prune', '--registry', registry.url, '-p', 'policy.yaml', '--apply');

    expect(stderr).toMatch(/switched off/);
    expect(code).toBe(5);
    expect(await readStorage(registry.root)).toEqual(before);
    expect(await user.journals()).toEqual([]);
  });
}

async function prune(user: User, registry: Distribution): Promise<Plan> {
  await user.succeed('prune', '--registry', registry.url, '-p', 'policy.yaml', '--apply', '--plan-out', 'plan.json');
  return JSON.parse(await readFile(join(user.home, 'plan.json'), 'utf8')) as Plan;
}

/**
 * References to everything that has a tag, or one of those chosen. Skopeo knows no indexes of indexes: in their place stand the images and
 * indexes that they hold.
 */
async function imagesIn(
  { host, root }: Distribution,
  chosen: (repository: string, tag: string) => boolean = () => true,
): Promise<string[]> {
  const references: string[] = [];
  for (const [repository, { tags }] of Object.entries(await readStorage(root))) {
    for (const [tag, digest] of Object.entries(tags)) {
      if (!chosen(repository, tag)) continue;
      const children = (await storedManifest(root, digest)).manifests ?? [];
      const nested = (await Promise.all(children.map(async (child) => (await storedManifest(root, child.digest)).manifests))).some(
        (inner) => inner !== undefined,
      );
      references.push(...(nested ? children.map((child) => `${host}/${repository}@${child.digest}`) : [`${host}/${repository}:${tag}`]));
    }
  }
  return references;
}
