import { type Finding, severityOf } from '../domain/finding-groups.ts';
import { asList, asObject, asText } from '../domain/json.ts';
import { objectsOf, type ReportReader, scanReport } from './scan-report.ts';

/**
 * Reads what `trivy image --format json` writes (aquasecurity/trivy, pkg/types/report.go). What a VEX document or an ignore file takes out
 * is not among its vulnerabilities; one that is said not to affect the image is passed over.
 */
export const readTrivy: ReportReader = (document) => {
  const metadata = asObject(document['Metadata']);
  if (document['SchemaVersion'] !== 2) return 'it is not what "trivy image --format json" writes (SchemaVersion 2)';
  if (document['ArtifactType'] !== 'container_image') return 'it is not about an image: scan it with "trivy image --format json"';
  const results = asList(document['Results']);
  if (!results) return 'its "Results" are not a list, so that it does not tell what the scan found';
  const kinds = objectsOf(results).map((result) => ('Vulnerabilities' in result ? OS_PACKAGES : result['Class']));
  const system = asText(asObject(metadata?.['OS'])?.['Family']) ?? 'none';
  // It writes a result for the packages of a system, also without a vulnerability; an image with neither has no results.
  if (system === 'none' ? kinds.length > 0 && !kinds.some(isPackages) : !kinds.includes(OS_PACKAGES))
    return 'none of its "Results" is about packages: scan the image for vulnerabilities (--scanners vuln)';
  const named = [metadata?.['ImageID'], document['ArtifactName'], ...(asList(metadata?.['RepoDigests']) ?? [])];
  const report = scanReport(named, document['CreatedAt'], objectsOf(results).flatMap(findingsOf));
  return report ? [report] : 'it names no digest (Metadata.RepoDigests, Metadata.ImageID): scan the image in its registry';
};

/** The classes of results that are about vulnerabilities (pkg/types/report.go). */
const OS_PACKAGES = 'os-pkgs';
const LANGUAGE_PACKAGES = 'lang-pkgs';

function isPackages(kind: unknown): boolean {
  return kind === OS_PACKAGES || kind === LANGUAGE_PACKAGES;
}

function findingsOf(result: Parameters<ReportReader>[0]): Finding[] {
  return objectsOf(result['Vulnerabilities'])
    .filter((vulnerability) => vulnerability['Status'] !== 'not_affected')
    .map((vulnerability) => ({
      severity: severityOf(vulnerability['Severity']),
      fixable: asText(vulnerability['FixedVersion']) !== undefined,
      since: asText(vulnerability['PublishedDate']),
      id: asText(vulnerability['VulnerabilityID']),
    }));
}
