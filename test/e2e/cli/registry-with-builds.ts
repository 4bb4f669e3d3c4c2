import type { EmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import { image, layer } from '../../../src/demo/image.ts';
import { push, type PushOptions } from '../../../src/demo/push.ts';
import type { EmbeddedRegistryOptions } from '../../../src/demo/registry-options.ts';
import { withRegistry } from '../../unit/demo/with-registry.ts';
import { NOW } from './in-process.ts';

const DAY = 86_400_000;

/** Pushes one image a tag into a repository: of `build-1` … `build-N` the first is N days old, the last one day. */
export async function pushBuilds(registry: EmbeddedRegistry, repository: string, count: number, options: PushOptions = {}): Promise<void> {
  for (let number = 1; number <= count; number++) {
    const created = new Date(NOW - (count - number + 1) * DAY).toISOString();
    const build = image({ layers: [layer(`${repository} ${number}`, 1000)], created });
    await push(registry, repository, build, [`build-${number}`], options);
  }
}

/** A registry with `builds` in each of these repositories, and an empty log of requests. */
export async function registryWith(
  builds: Readonly<Record<string, number>>,
  options: EmbeddedRegistryOptions = {},
): Promise<EmbeddedRegistry> {
  const registry = await withRegistry(options);
  const auth = options.auth?.scheme === 'basic' ? { auth: options.auth } : {};
  for (const [repository, count] of Object.entries(builds)) await pushBuilds(registry, repository, count, auth);
  registry.requests.length = 0;
  return registry;
}

/** The tags that are there, sorted. */
export function tagsIn(registry: EmbeddedRegistry, repository: string): string[] {
  return [...(registry.storage.repositories.get(repository)?.tags.keys() ?? [])].toSorted();
}

/** A policy for everything: keep the newest `last` of `build-*`. */
export function keepBuilds(last: number, more = ''): string {
  return `version: 1
policies:
  - name: builds
${more}    rules:
      - name: builds
        tags: ["build-*"]
        keep: {last: ${last}}
`;
}
