import { type FindingGroup, type Manifest, SEVERITIES } from '../domain/inventory.ts';
import { isIndexType } from '../domain/media-types.ts';
import type { RuleSpec } from './schema.ts';
import { compileSelectors, type Selector } from './selectors/selectors.ts';

/** What a rule asks about scans, to find out which images have to be looked at one by one. */
export interface ScanQuestion {
  /** All its selectors besides. */
  readonly besides: Selector;
  /**
   * True where the inventory does not tell enough about an image to answer. `areListed`: where it tells nothing about an image, there is no
   * scan of it.
   */
  readonly needs: (manifest: Manifest, areListed: boolean) => boolean;
}

/** Undefined for a rule that asks nothing about scans. */
export function compileScanQuestion(spec: RuleSpec): ScanQuestion | undefined {
  const { vulnerabilities, unscanned, ...others } = spec;
  if (!vulnerabilities && !unscanned) return undefined;
  const least = SEVERITIES.indexOf(vulnerabilities?.atLeast ?? 'critical');
  const isMeant = ({ severity }: Pick<FindingGroup, 'severity'>): boolean => SEVERITIES.indexOf(severity) >= least;
  const isOpen = ({ fixable, since }: FindingGroup): boolean =>
    (vulnerabilities?.fixable === true && fixable === undefined) || (vulnerabilities?.olderThan !== undefined && since === undefined);
  const asksMore = vulnerabilities?.fixable !== undefined || vulnerabilities?.olderThan !== undefined;
  return {
    besides: compileSelectors(others),
    needs: (manifest, areListed) => {
      const { findings, vulnerability, scan } = manifest;
      // Images are scanned, and neither what lists them nor what is attached to them.
      if (isIndexType(manifest.mediaType) || manifest.artifactType !== undefined || manifest.attestation) return false;
      if (findings) return findings.some((group) => isMeant(group) && isOpen(group));
      if (vulnerability !== undefined) return asksMore && isMeant({ severity: vulnerability });
      return scan === undefined && !areListed;
    },
  };
}
