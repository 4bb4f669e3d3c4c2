import { type Finding, severityOf } from '../domain/finding-groups.ts';
import { asList, asObject, asText, type JsonObject } from '../domain/json.ts';
import { objectsOf, type ReportReader, scanReport } from './scan-report.ts';

/**
 * Reads what `snyk container test --json` writes (snyk/cli, src/lib/snyk-test). It names the image as it was given, so that it tells a
 * digest only of an image that was given by it. What is ignored is not among its vulnerabilities. Applications in the image stand apart.
 */
export const readSnyk: ReportReader = (document) => {
  if (asText(document['error']) !== undefined) return 'it says that the scan went wrong';
  if (!('vulnerabilities' in document)) return 'it is not what "snyk container test --json" writes';
  const parts = [document, ...objectsOf(document['applications'])];
  if (parts.some((part) => !Array.isArray(part['vulnerabilities'])))
    return 'it, or an application in it, has no list of "vulnerabilities", so that it does not tell what the scan found';
  const named = [document['path'], document['projectName']];
  const report = scanReport(
    named,
    undefined,
    parts.flatMap((part) => objectsOf(part['vulnerabilities']).map(findingOf)),
  );
  return report ? [report] : 'it names no digest: give the image by its digest, as in "snyk container test --json REPOSITORY@sha256:…"';
};

function findingOf(vulnerability: JsonObject): Finding {
  const [cve] = asList(asObject(vulnerability['identifiers'])?.['CVE']) ?? [];
  const fixes = asList(vulnerability['fixedIn']) ?? [];
  return {
    severity: severityOf(vulnerability['severityWithCritical'] ?? vulnerability['severity']),
    fixable: fixes.length > 0 || asText(vulnerability['nearestFixedInVersion']) !== undefined,
    since: asText(vulnerability['publicationTime']),
    id: asText(cve) ?? asText(vulnerability['id']),
  };
}
