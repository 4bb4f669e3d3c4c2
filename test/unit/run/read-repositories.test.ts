import { expect, test } from 'vitest';
import { RestoredManifests } from '../../../src/documents/restored-times.ts';
import { ToolError } from '../../../src/diagnostics/tool-error.ts';
import type { Registry } from '../../../src/registry/registry.ts';
import { readRepositories, type ReadOptions } from '../../../src/run/read-repositories.ts';
import { scopeOf } from '../../../src/run/scope.ts';
import { manifest, repository } from '../plan/fixture.ts';

const NAMES = Array.from({ length: 500 }, (_, number) => `team/app-${String(number).padStart(3, '0')}`);

/** A registry with one project, which notes what it is asked to read. */
function project(begun: string[]): Registry {
  return {
    name: 'prod',
    type: 'oci',
    url: 'https://registry.example.com',
    async *repositories({ below } = {}) {
      if (below === 'team') yield* NAMES.toReversed();
    },
    async inventory(name) {
      if (name === 'team') throw new ToolError('NOT_FOUND', 'There is no repository team.', { hint: '' });
      begun.push(name);
      return repository([manifest('a', { tags: ['v1'] })], { repository: name });
    },
  } as Partial<Registry> as Registry;
}

const options: ReadOptions = {
  reads: () => true,
  shares: () => true,
  specs: [],
  onSkipped: () => {},
  restored: new RestoredManifests([]),
  signal: new AbortController().signal,
  progress: { expect: () => {}, show: () => {}, reading: () => {}, done: () => {}, stop: () => {} },
};

test('of a large project that is named, only a few repositories are in memory at a time', async () => {
  const begun: string[] = [];
  const places = [{ registry: project(begun), scope: scopeOf(['team']), room: () => undefined }];
  const read: string[] = [];
  let most = 0;
  for await (const { inventory } of readRepositories(places, options, () => {})) {
    read.push(inventory.repository);
    most = Math.max(most, begun.length - read.length);
  }
  expect(read).toEqual(NAMES);
  expect(most).toBeLessThan(50);
});
