import { compareGroups } from '../domain/finding-groups.ts';
import type { Digest } from '../domain/digest.ts';
import type { FindingGroup, Manifest, RepositoryInventory } from '../domain/inventory.ts';
import type { ScanReport } from './scan-report.ts';

/** What reports have found, by the digests that they name. */
export class ScanReports {
  readonly #byDigest = new Map<Digest, readonly FindingGroup[]>();
  #countForNone = true;

  /** `reports`: those that count, one of each scanner for each image. */
  constructor(reports: Iterable<ScanReport>) {
    for (const { digests, findings } of reports) {
      for (const digest of digests) {
        const others = this.#byDigest.get(digest);
        this.#byDigest.set(digest, others ? [...others, ...findings].toSorted(compareGroups) : findings);
      }
    }
  }

  /** True as long as no report is about a manifest of what was given to `added`. */
  get countForNone(): boolean {
    return this.#countForNone;
  }

  /**
   * The inventory with what the reports tell of its manifests beside what it tells itself. A report is about the manifest of its digest,
   * and about every manifest with a config of its digest.
   */
  added(inventory: RepositoryInventory): RepositoryInventory {
    const { capabilities, manifests } = inventory;
    return {
      ...inventory,
      capabilities: { ...capabilities, vulnerability: true, fixable: true, findingTimes: true },
      manifests: manifests.map((manifest) => this.#told(manifest)),
    };
  }

  #told(manifest: Manifest): Manifest {
    const { digest, config, findings = [] } = manifest;
    const own = this.#byDigest.get(digest);
    const ofConfig = config && this.#byDigest.get(config);
    if (!own && !ofConfig) return manifest;
    this.#countForNone = false;
    // A report names an image by both of its digests.
    const reported = own === undefined || ofConfig === undefined ? (own ?? ofConfig ?? []) : [...new Set([...own, ...ofConfig])];
    return { ...manifest, findings: [...findings, ...reported].toSorted(compareGroups) };
  }
}
