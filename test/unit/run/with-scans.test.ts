import { expect, test } from 'vitest';
import { ToolError } from '../../../src/diagnostics/tool-error.ts';
import type { Scans } from '../../../src/registry/registry.ts';
import { withScans } from '../../../src/run/with-scans.ts';
import { digest, manifest, repository } from '../plan/fixture.ts';

const { signal } = new AbortController();
const INVENTORY = repository([manifest('a1', { tags: ['v1'] }), manifest('a2', { tags: ['v2'] })]);

function scans(read: Scans['read']): { readonly scans: Scans } {
  return { scans: { capabilities: async () => ({ vulnerability: true, fixable: true }), areListed: false, read } };
}

test('what is told of single images stands in the inventory, and so does that it can be told', async () => {
  const finding = { severity: 'high', count: 1, fixable: true } as const;
  const registry = scans(async (_repository, digests) => new Map(digests.map((one) => [one, { findings: [finding] }])));
  const { inventory, error } = await withScans(registry, INVENTORY, () => [digest('a1')], signal);
  expect(error).toBeUndefined();
  expect(inventory.manifests.map(({ findings }) => findings)).toEqual([[finding], undefined]);
  expect(inventory.capabilities).toMatchObject({ vulnerability: true, fixable: true });
});

test('scans that cannot be read leave the repository incomplete, so that nothing in it is deleted', async () => {
  const refused = new ToolError('AUTH', 'Cannot read what a scan has found.', { hint: 'Ask for the right.' });
  const registry = scans(() => Promise.reject(refused));
  const { inventory, error } = await withScans(registry, INVENTORY, () => [digest('a1')], signal);
  expect(error).toBe(refused);
  expect(inventory).toMatchObject({ complete: false, problems: ['Cannot read what a scan has found.'] });
});

test('nothing is asked where no rule is about scans', async () => {
  const registry = scans(() => Promise.reject(new Error('asked')));
  expect(await withScans(registry, INVENTORY, () => undefined, signal)).toEqual({ inventory: INVENTORY });
  expect((await withScans(registry, INVENTORY, () => [], signal)).inventory.capabilities.fixable).toBe(true);
});
