import { isRepositoryName } from '../domain/reference.ts';
import type { PolicySpec } from '../policy/schema.ts';
import type { WrittenPlace } from './policy-case.ts';

/** A registry and a repository that the first of these policies is for: the place of images that a test gives no place. */
export function writtenPlace([first]: readonly PolicySpec[]): WrittenPlace {
  const names = (first?.repositories ?? [])
    .filter((glob) => !glob.startsWith('!'))
    .map((glob) => glob.replaceAll(/\*+/g, 'app'))
    .filter(isRepositoryName);
  return { registry: first?.registries?.[0] ?? 'registry', repository: names[0] ?? 'app' };
}
