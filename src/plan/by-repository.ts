import { byCodeUnit } from '../domain/compare.ts';

/** What may be about one repository, one registry or the whole run. */
interface Placed {
  readonly registry?: string;
  readonly repository?: string;
}

/** The order of plans: by registry, then repository. What is about a whole registry comes before its repositories. */
export function byRepository(a: Placed, b: Placed): number {
  return byCodeUnit(a.registry ?? '', b.registry ?? '') || byCodeUnit(a.repository ?? '', b.repository ?? '');
}
