import { type Finding, severityOf } from '../domain/finding-groups.ts';
import type { Severity } from '../domain/inventory.ts';
import { asList, asObject, asText, type JsonObject } from '../domain/json.ts';
import { objectsOf, type ReportReader, type ScanReport, scanReport } from './scan-report.ts';

/**
 * Reads SARIF 2.1.0 (OASIS). An image is named by properties of a run, as Trivy writes them (`imageID`, `repoDigests`), or by a reference
 * with its digest as the id of a run or the name of its image. Suppressed results, and those about other things than vulnerabilities, are
 * passed over. Whether there is a fix stands in texts alone; when a vulnerability was published is not told.
 */
export const readSarif: ReportReader = (document) => {
  const runs = asList(document['runs']);
  if (document['version'] !== '2.1.0' || !runs) return 'it is not SARIF 2.1.0';
  const reports: ScanReport[] = [];
  for (const run of objectsOf(runs)) {
    if (!Array.isArray(run['results']) || objectsOf(run['invocations']).some(({ executionSuccessful }) => executionSuccessful === false))
      return NOT_RUN;
    const report = reportOf(run);
    if (!report) return NO_DIGEST;
    reports.push(report);
  }
  return reports;
};

/** SARIF 2.1.0, 3.14.23: a run without results has looked for none, or went wrong before there were any; one that found none has a list. */
const NOT_RUN = 'one of its runs has no "results", or says that it went wrong, so that it does not tell what the scan found';

const NO_DIGEST =
  'it names no image by its digest (run.properties.repoDigests, imageID or automationDetails.id): write it with "trivy image --format ' +
  'sarif", or use the JSON of the scanner';

function reportOf(run: JsonObject): ScanReport | undefined {
  const { imageID, repoDigests, imageName } = asObject(run['properties']) ?? {};
  const [invocation] = objectsOf(run['invocations']);
  const rules = objectsOf(asObject(asObject(run['tool'])?.['driver'])?.['rules']);
  const byId = new Map(rules.map((rule) => [rule['id'], rule]));
  return scanReport(
    [imageID, imageName, asObject(run['automationDetails'])?.['id'], ...(asList(repoDigests) ?? [])],
    invocation?.['endTimeUtc'] ?? invocation?.['startTimeUtc'],
    objectsOf(run['results']).flatMap((result) => {
      const index = result['ruleIndex'] ?? asObject(result['rule'])?.['index'];
      const rule = byId.get(result['ruleId']) ?? (typeof index === 'number' ? rules[index] : undefined);
      return findingsOf(result, rule);
    }),
  );
}

function findingsOf(result: JsonObject, rule: JsonObject | undefined): Finding[] {
  const suppressions = objectsOf(result['suppressions']).filter(({ status }) => status !== 'underReview' && status !== 'rejected');
  if (suppressions.length > 0 || result['baselineState'] === 'absent' || (result['kind'] ?? 'fail') !== 'fail') return [];
  const properties = asObject(rule?.['properties']);
  const tags = (asList(properties?.['tags']) ?? []).filter((tag) => typeof tag === 'string');
  if (tags.some((tag) => OTHER_THINGS.includes(tag.toLowerCase()))) return [];
  return [
    {
      severity: severityIn(tags) ?? severityOfScore(properties?.['security-severity']) ?? levelOf(result, rule),
      fixable: fixIn([textOf(result['message']), textOf(rule?.['help'])]),
      id: asText(result['ruleId']) ?? asText(rule?.['id']),
    },
  ];
}

/** What Trivy calls its other findings (pkg/report/sarif.go). */
const OTHER_THINGS: readonly string[] = ['misconfiguration', 'secret', 'license'];

function severityIn(tags: readonly string[]): Severity | undefined {
  const told = tags.map(severityOf).find((severity) => severity !== 'none');
  return told ?? (tags.some((tag) => tag.toLowerCase() === 'unknown') ? 'none' : undefined);
}

/** As GitHub reads it ("SARIF support for code scanning", security-severity). */
function severityOfScore(value: unknown): Severity | undefined {
  const score = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof score !== 'number' || Number.isNaN(score)) return undefined;
  if (score >= 9) return 'critical';
  if (score >= 7) return 'high';
  if (score >= 4) return 'medium';
  return score > 0 ? 'low' : 'none';
}

/** A level tells no more than this: an error may be critical, but is not said to be. */
function levelOf(result: JsonObject, rule: JsonObject | undefined): Severity {
  const level = result['level'] ?? asObject(rule?.['defaultConfiguration'])?.['level'] ?? 'warning';
  return ({ error: 'high', warning: 'medium', note: 'low' } as const)[String(level)] ?? 'none';
}

function textOf(message: unknown): string {
  return asText(asObject(message)?.['text']) ?? '';
}

/** The line in which Trivy and Grype tell the version with the fix, empty where there is none. */
function fixIn(texts: readonly string[]): boolean | undefined {
  for (const text of texts) {
    const version = /^(?:Fixed|Fix) Version:(.*)$/m.exec(text)?.[1];
    if (version !== undefined) return version.trim() !== '';
  }
  return undefined;
}
