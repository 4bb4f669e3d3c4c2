import type { LoadedPolicy } from '../config/policy-source.ts';
import { borderCases } from '../policy-import/border-cases.ts';
import { caseImages, type DecidedCase } from '../policy-import/cases-text.ts';
import type { ImportedPolicy } from '../policy-import/imported-policy.ts';
import { makePlan } from '../plan/make-plan.ts';
import { inventoryOfWritten } from '../policy-test/written-images.ts';
import { compilePolicy } from '../policy/policy.ts';

/** As of when the cases are decided: they have ages alone, so that it could be any time. */
const ANY_TIME = Date.UTC(2026, 0, 1);

/** Images at the borders of each imported rule, and which of them go: by the original, and by the policies as they are written. */
export function decidedCases(imported: readonly ImportedPolicy[], written: readonly LoadedPolicy[]): DecidedCase[] {
  const policies = written.map(({ spec, source, digest }) => compilePolicy(spec, { source, digest }));
  return borderCases(imported).map((one) => {
    const inventory = inventoryOfWritten(caseImages(one), { registry: 'registry', repository: one.repository }, ANY_TIME);
    const plan = makePlan(
      { kind: 'Inventory', formatVersion: '1.0', takenAt: new Date(ANY_TIME).toISOString(), repositories: [inventory] },
      { policies, inUse: { images: [], problems: [], hosts: {} }, lists: {}, now: ANY_TIME, createdAt: ANY_TIME, version: '0' },
    );
    // Images are found by their tag, and those without one by their digest, which stand in the order of the case.
    const bare = inventory.manifests.filter(({ tags }) => tags.length === 0);
    const names = new Map(one.samples.map(({ name, sample }) => [sample.tags.length > 0 ? name : bare.shift()?.digest, name] as const));
    const { images: deleted, archived = [] } = one.gone;
    return {
      ...one,
      there: new Map([
        ...one.samples.filter(({ sample }) => archived.includes(sample)).map(({ name }) => [name, 'archive'] as const),
        ...one.samples.filter(({ sample }) => deleted.includes(sample)).map(({ name }) => [name, 'delete'] as const),
      ]),
      here: new Map(
        plan.repositories.flatMap(({ images }) =>
          images.flatMap(({ action, tags: [tag], digest }) => {
            const name = names.get(tag ?? digest);
            return name !== undefined && (action === 'delete' || action === 'archive') ? [[name, action] as const] : [];
          }),
        ),
      ),
    };
  });
}
