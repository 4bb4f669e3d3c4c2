import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { ToolError } from '../../../src/diagnostics/tool-error.ts';
import type { Capabilities, Manifest } from '../../../src/domain/inventory.ts';
import type { Contract } from '../contract.ts';
import type { Feature, Truth } from '../contract-target.ts';
import { expectedManifests } from '../expected-inventory.ts';
import { SMALL, THINGS } from '../history.ts';
import type { Scene } from '../scene.ts';

/** What the columns of the README's table of what each registry tells stand for, in their order; undefined for what no capability says. */
const COLUMNS = ['pushedAt', 'pulledAt', 'createdAt', 'tagTimes', 'listUntagged', undefined, 'labels'] as const;

/** Skips, declared capabilities and the README must be three ways to say the same. */
export function testAgreement({ target, check, filled, needed }: Contract): void {
  check('is just what the adapter declares that it cannot tell or do', [], async () => {
    const { capabilities } = (await filled()).inventory;
    // Which findings have a fix, and since when they are known, is read for single images, where a rule asks for it.
    const all: Required<Omit<Capabilities, 'fixable' | 'findingTimes'>> = {
      attachments: false,
      cascades: false,
      archive: false,
      undo: true,
      ...capabilities,
    };
    const declared = (Object.keys(all) as (keyof typeof all)[]).filter((name) => !all[name]);
    expect(skipped((feature): feature is keyof typeof all => feature in all)).toEqual(declared.toSorted());
  });

  check('is what the table of the README says', [], async () => {
    const { type, capabilities } = (await filled()).inventory;
    const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
    const [told, done] = readme
      .slice(readme.indexOf('\n## Registries'))
      .split('\n')
      .filter((line) => line.startsWith(`| \`${type}\` |`))
      .map((line) => line.split('|').slice(2));
    // Amazon's public registry stands on the page of the private one alone.
    if (type === 'ecr-public') return;
    const declared = COLUMNS.flatMap((name) => (name ? [capabilities[name]] : []));
    const cells = COLUMNS.flatMap((name, column) => (name ? [told?.[column]?.trim()] : []));
    expect(cells.map((cell, column) => (cell === 'where it is on' ? declared[column] : { yes: true, '–': false }[cell ?? '']))).toEqual(
      declared,
    );
    expect([done?.[1]?.trim() === 'yes', done?.[2]?.trim() !== 'no']).toEqual([capabilities.archive ?? false, capabilities.undo ?? true]);
  });

  check('is just what the adapter and its server have not got besides', [], async (own) => {
    const {
      scene,
      truth,
      inventory: { manifests },
    } = await filled();
    const missing: Partial<Record<Feature, boolean>> = {
      config: manifests.every(({ config }) => config === undefined),
      blobs: manifests.every(({ blobs }) => blobs === undefined),
      size: !hasSizes(truth, manifests),
      referrers: manifests.every(({ digest }) => digest !== THINGS.oldBill.digest),
      keepsUntagged: !(THINGS.untagged.digest in truth.manifests),
      tagsOf: scene.connect().tagsOf === undefined,
      cascades: scene.connect().takenAlong === undefined,
      archive: scene.connect().archiveManifest === undefined,
      totals: target.shorten === undefined,
      restoreLabels: scene.connect().restoreLabels === undefined,
      locks: scene.server.lock === undefined,
      catalog: !(await hasCatalogue(scene)),
      accounts: scene.server.secrets.length === 0,
      ...(await unguarded(own)),
    };
    const absent = (Object.keys(missing) as Feature[]).filter((feature) => missing[feature]);
    expect(skipped((feature): feature is Feature => feature in missing)).toEqual(absent.toSorted());
  });

  check('has a reason, and is needed by some check', [], async () => {
    const useful = ([, reason]: readonly [string, string]): boolean => reason.length > 10;
    expect(Object.entries(target.skips).filter((skip) => !useful(skip))).toEqual([]);
    const alwaysCompared: readonly Feature[] = ['config', 'blobs', 'size'];
    expect((Object.keys(target.skips) as Feature[]).filter((feature) => !needed.has(feature) && !alwaysCompared.includes(feature))).toEqual(
      [],
    );
  });

  function skipped<F extends Feature>(belongs: (feature: Feature) => feature is F): F[] {
    return (Object.keys(target.skips) as Feature[]).filter(belongs).toSorted();
  }

  function hasSizes(truth: Truth, manifests: readonly Manifest[]): boolean {
    const sizes = new Map(expectedManifests({ ...target, skips: {} }, truth).map(({ digest, size }) => [digest, size]));
    return manifests.every(({ digest, size }) => sizes.get(digest) === size);
  }

  /** Whether the registry deletes what an index lists, and takes off a tag that points elsewhere by now. */
  async function unguarded(scene: Scene): Promise<{ readonly holdsChildren: boolean; readonly guardsTags: boolean }> {
    const { repository } = scene;
    const registry = scene.connect();
    await scene.push(SMALL);
    const moved = 'deleteTag' in target.skips ? undefined : await registry.deleteTag(repository, 'old-shared', THINGS.oldSingle.digest);
    const child = await registry.deleteManifest(repository, THINGS.oldAmd.digest);
    return { guardsTags: moved?.outcome !== 'drifted', holdsChildren: child.outcome !== 'locked' };
  }

  async function hasCatalogue(scene: Scene): Promise<boolean> {
    try {
      for await (const _repository of scene.connect().repositories()) break;
      return true;
    } catch (error) {
      if (error instanceof ToolError && error.code === 'NOT_FOUND') return false;
      throw error;
    }
  }
}
