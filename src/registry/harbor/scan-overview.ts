import { compareGroups, severityOf } from '../../domain/finding-groups.ts';
import { type FindingGroup, type ScanState, SEVERITIES, type Severity } from '../../domain/inventory.ts';
import { asObject, asText, type JsonObject } from '../../domain/json.ts';
import { utcTime } from '../../domain/time.ts';

/** What an artifact tells of its scans. */
interface ScanOverview {
  readonly vulnerability?: Severity;
  readonly findings?: readonly FindingGroup[];
  readonly scan?: ScanState;
}

/**
 * Harbor's severities (src/pkg/scan/vuln/severity.go). Where Harbor decides by them, it counts a negligible finding as none. A severity
 * that is not known here says nothing.
 */
const HARBOR_SEVERITIES: Readonly<Record<string, Severity>> = {
  none: 'none',
  negligible: 'none',
  low: 'low',
  medium: 'medium',
  high: 'high',
  critical: 'critical',
};

/** The states of a scan that may still end well (src/jobservice/job/status.go). */
const UNDER_WAY: readonly unknown[] = ['Pending', 'Scheduled', 'Running'];

/**
 * Reads the overview of the scans of an artifact, one report for each kind (swagger, `NativeReportSummary`). It counts findings by severity
 * and those with a fix over all severities. A report that is not finished tells nothing but that.
 */
export function readScanOverview(overview: JsonObject | undefined): ScanOverview {
  const all = Object.values(overview ?? {}).map((report) => asObject(report) ?? {});
  const finished = all.filter((report) => report['scan_status'] === 'Success');
  if (finished.length === 0) {
    if (all.length === 0) return {};
    return { scan: all.some((report) => UNDER_WAY.includes(report['scan_status'])) ? 'pending' : 'failed' };
  }
  const worst = Math.max(-1, ...finished.flatMap(severitiesIn));
  const vulnerability = SEVERITIES[worst];
  // A report that counts nothing has not said that there is nothing.
  const findings = finished.every(countsFindings) ? { findings: finished.flatMap(groupsIn).toSorted(compareGroups) } : {};
  return { ...(vulnerability && { vulnerability }), ...findings };
}

function severitiesIn(report: JsonObject): number[] {
  return [asText(report['severity']) ?? '', ...countsIn(report).map(([name]) => name)].flatMap((name) => {
    const severity = HARBOR_SEVERITIES[name.toLowerCase()];
    return severity ? [SEVERITIES.indexOf(severity)] : [];
  });
}

/** Which of the findings have a fix is told where all of them have one, or none. */
function groupsIn(report: JsonObject): FindingGroup[] {
  const { fixable: fixes, total } = asObject(report['summary']) ?? {};
  const fixable = fixes === 0 ? false : fixes === total ? true : undefined;
  const since = utcTime(report['end_time']);
  return countsIn(report).map(([name, count]) => ({
    severity: severityOf(name),
    ...(fixable !== undefined && { fixable }),
    count,
    ...(since !== undefined && { since }),
  }));
}

function countsFindings(report: JsonObject): boolean {
  const summary = asObject(report['summary']);
  return summary?.['total'] === 0 || asObject(summary?.['summary']) !== undefined;
}

function countsIn(report: JsonObject): [name: string, count: number][] {
  const counts = Object.entries(asObject(asObject(report['summary'])?.['summary']) ?? {});
  return counts.filter((entry): entry is [string, number] => Number.isSafeInteger(entry[1]) && (entry[1] as number) > 0);
}
