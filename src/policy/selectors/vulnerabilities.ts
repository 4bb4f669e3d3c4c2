import { compareGroups } from '../../domain/finding-groups.ts';
import { parseDuration } from '../../domain/duration.ts';
import { type FindingGroup, type Manifest, SEVERITIES } from '../../domain/inventory.ts';
import { knownTime } from '../../domain/time.ts';
import type { RuleSpec } from '../schema.ts';
import { type Candidate, partsOf } from './candidate.ts';

type Spec = NonNullable<RuleSpec['vulnerabilities']>;

/**
 * The finding for which an image is selected, at an instant in milliseconds since the epoch: the worst that is meant, with a fix where
 * there is one, known for longest. An index has the findings of everything that it lists. Undefined: it is not selected; without a scan, or
 * with one that does not tell what is asked, it never is.
 */
export type FindingOf = (image: Candidate, now: number) => FindingGroup | undefined;

/** Compiles what `vulnerabilities` asks for. */
export function compileVulnerabilities({ atLeast, fixable, olderThan }: Spec): FindingOf {
  const least = SEVERITIES.indexOf(atLeast);
  const age = olderThan === undefined ? undefined : (parseDuration(olderThan) ?? Number.POSITIVE_INFINITY);
  const asksMore = fixable !== undefined || age !== undefined;
  const isMeant = (group: FindingGroup, now: number): boolean =>
    SEVERITIES.indexOf(group.severity) >= least &&
    (fixable === undefined || group.fixable === fixable) &&
    (age === undefined || now - (knownTime(group.since, now) ?? now) > age);
  return (image, now) => {
    let worst: FindingGroup | undefined;
    for (const { manifest } of image.children.length === 0 ? [image] : partsOf(image)) {
      for (const group of asksMore ? (manifest.findings ?? []) : toldOf(manifest)) {
        if (isMeant(group, now) && (!worst || compareGroups(group, worst) < 0)) worst = group;
      }
    }
    return worst;
  };
}

/**
 * The findings of a manifest where neither a fix nor a time matters: also the worst severity of a scan that tells nothing more.
 */
function toldOf({ findings, vulnerability }: Manifest): readonly FindingGroup[] {
  const told = findings ?? [];
  if (vulnerability !== undefined && !told.some(({ severity }) => severity === vulnerability))
    return [...told, { severity: vulnerability, count: 1 }];
  return findings && told.length === 0 ? [NOTHING_FOUND] : told;
}

const NOTHING_FOUND: FindingGroup = { severity: 'none', count: 0 };
