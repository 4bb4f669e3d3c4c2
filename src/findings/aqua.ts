import { type Finding, severityOf } from '../domain/finding-groups.ts';
import { asObject, asText, type JsonObject } from '../domain/json.ts';
import { objectsOf, type ReportReader, scanReport } from './scan-report.ts';

/** "resources" are missing. */
const NO_RESULTS =
  'it is not what "scannercli scan --jsonfile" writes, with "digest" and "resources", so that it does not tell what the scan found';

/**
 * Reads the JSON of Aqua's scanner and of its webhook (Aqua, "Send Image Scan results to an External System"): its digest is 64 digits.
 * What somebody has acknowledged is passed over.
 */
export const readAqua: ReportReader = (document) => {
  if (!Array.isArray(document['resources'])) return NO_RESULTS;
  const digest = asText(document['digest']) ?? '';
  const report = scanReport(
    [digest.includes(':') ? digest : `sha256:${digest}`],
    startOf(asObject(document['scan_started'])),
    objectsOf(document['resources']).flatMap((resource) => objectsOf(resource['vulnerabilities']).flatMap(findingsOf)),
  );
  return report ? [report] : 'its field "digest" is not a digest';
};

function findingsOf(vulnerability: JsonObject): Finding[] {
  if (vulnerability['acknowledged'] === true) return [];
  const published = asText(vulnerability['publish_date']);
  return [
    {
      severity: severityOf(vulnerability['aqua_severity'] ?? vulnerability['vendor_severity'] ?? vulnerability['nvd_severity']),
      fixable: asText(vulnerability['fix_version']) !== undefined,
      // A day, without a time.
      since: published !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(published) ? `${published}T00:00:00Z` : published,
      id: asText(vulnerability['name']),
    },
  ];
}

function startOf(started: JsonObject | undefined): string | undefined {
  const seconds = started?.['seconds'];
  return typeof seconds === 'number' && seconds > 0 && seconds < 1e11 ? new Date(seconds * 1000).toISOString() : undefined;
}
