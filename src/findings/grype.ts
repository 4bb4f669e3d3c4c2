import { severityOf } from '../domain/finding-groups.ts';
import { asList, asObject, asText, type JsonObject } from '../domain/json.ts';
import { objectsOf, type ReportReader, scanReport } from './scan-report.ts';

/**
 * Reads what `grype -o json` writes (anchore/grype, grype/presenter/models). What VEX documents or rules take out is among its ignored
 * matches, which are not read. It does not tell when a vulnerability was published.
 */
export const readGrype: ReportReader = (document) => {
  const source = asObject(document['source']);
  const target = asObject(source?.['target']);
  const { matches } = document;
  if (!source || !('matches' in document)) return 'it is not what "grype -o json" writes';
  if (!Array.isArray(matches)) return 'its "matches" are not a list, so that it does not tell what the scan found';
  if (source['type'] !== 'image' || !target) return 'it is not about an image: scan the image itself, and no folder or SBOM';
  const named = [target['manifestDigest'], target['imageID'], target['userInput'], ...(asList(target['repoDigests']) ?? [])];
  const report = scanReport(named, asObject(document['descriptor'])?.['timestamp'], objectsOf(matches).map(findingOf));
  return report ? [report] : 'it names no digest (source.target.manifestDigest, repoDigests): scan the image in its registry';
};

function findingOf(match: JsonObject): Parameters<typeof scanReport>[2][number] {
  const vulnerability = asObject(match['vulnerability']);
  const state = asText(asObject(vulnerability?.['fix'])?.['state']);
  return {
    severity: severityOf(vulnerability?.['severity']),
    fixable: state === undefined || state === 'unknown' ? undefined : state === 'fixed',
    id: asText(vulnerability?.['id']),
  };
}
