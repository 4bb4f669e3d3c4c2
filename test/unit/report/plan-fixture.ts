import { addSummaries } from '../../../src/plan/summary.ts';
import type { Plan, PlannedImage, RepositoryPlan, Step, Summary } from '../../../src/plan/plan.ts';
import { asDigest } from '../../digest.ts';
import type { Digest } from '../../../src/domain/digest.ts';

export const NOW = '2026-11-24T03:10:00.000Z';

/** The digest whose hexadecimal digits begin with `start`. */
export function digest(start: string): Digest {
  return asDigest(`sha256:${start.padEnd(64, '0')}`);
}

/** A kept image; tests name what differs. What goes or stays with another is a part of it. */
export function image(start: string, fields: Partial<PlannedImage> = {}): PlannedImage {
  const isPart = fields.reasons?.some(({ code }) => /^(?:deleted_with|child_of|attached_to)_/.test(code));
  return {
    ...(isPart && { part: true as const }),
    digest: digest(start),
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    tags: [],
    size: 40_000_000,
    createdAt: '2026-10-14T03:10:00.000Z',
    action: 'keep',
    untag: [],
    reasons: [{ code: 'newest', rule: 'releases', rank: 1 }],
    ...fields,
  };
}

/** An image that its rule does not keep. */
export function expired(start: string, tag: string, rank: number, fields: Partial<PlannedImage> = {}): PlannedImage {
  return image(start, {
    tags: [tag],
    action: 'delete',
    reasons: [{ code: 'expired', tag, rule: 'branch builds', group: 'main', rank, ageDays: 41 }],
    ...fields,
  });
}

/** A repository whose steps and summary follow from its images; parts name what they hang on by `heldBy`. */
export function repository(
  images: readonly PlannedImage[],
  fields: Partial<RepositoryPlan> & { readonly heldBy?: Readonly<Record<string, Digest>> } = {},
): RepositoryPlan {
  const { heldBy = {}, ...rest } = fields;
  const gone = images.filter(({ action }) => action === 'delete');
  const steps: Step[] = [
    ...images.flatMap((one) => one.untag.map((tag): Step => ({ op: 'delete-tag', tag, digest: one.digest }))),
    ...gone.map((one): Step => {
      const holder = heldBy[one.digest];
      return {
        op: 'delete-manifest',
        digest: one.digest,
        expect: Object.fromEntries(one.tags.map((tag) => [tag, one.digest])),
        after: holder === undefined ? [] : [holder],
      };
    }),
  ];
  const roots = images.filter(
    (one) => !one.reasons.some(({ code }) => code === 'child_of_kept' || code === 'deleted_with_parent' || code === 'deleted_with_subject'),
  );
  const counted = (action: PlannedImage['action']): number => roots.filter((one) => one.action === action).length;
  const deleted = gone.reduce((sum, { size }) => sum + size, 0);
  return {
    registry: 'prod',
    type: 'oci',
    url: 'https://registry.example.com:8443/',
    repository: 'team/app',
    policy: 'services',
    complete: true,
    clock: 'created',
    images,
    steps,
    summary: {
      images: { keep: counted('keep'), untag: counted('untag'), delete: counted('delete') },
      tags: { keep: 0, delete: gone.flatMap(({ tags }) => tags).length },
      bytes: { deleted, freed: deleted, exact: true },
    },
    ...rest,
  };
}

/** A plan of these repositories. */
export function plan(repositories: readonly RepositoryPlan[], fields: Partial<Plan> = {}): Plan {
  const summary: Summary = addSummaries(repositories.map((one) => one.summary));
  return {
    kind: 'Plan',
    formatVersion: '1.0',
    tool: { name: 'regprune', version: '0.1.0' },
    createdAt: NOW,
    now: NOW,
    policies: [{ name: 'services', source: 'policies/services.yaml', digest: digest('9') }],
    applyable: true,
    blockedBy: [],
    repositories,
    summary,
    diagnostics: [],
    ...fields,
  };
}
