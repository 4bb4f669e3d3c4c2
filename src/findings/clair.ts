import { severityOf } from '../domain/finding-groups.ts';
import { asList, asObject, asText, isObject, type JsonObject } from '../domain/json.ts';
import { type ReportReader, scanReport } from './scan-report.ts';

/**
 * Reads the vulnerability report of Clair 4, as its API and `clairctl report -o json` give it (quay/claircore, vulnerabilityreport.go). It
 * counts a vulnerability once for each package that has it.
 */
export const readClair: ReportReader = (document) => {
  const all = asObject(document['vulnerabilities']);
  const packages = asObject(document['package_vulnerabilities']);
  if (!('manifest_hash' in document) || !all || !packages)
    return 'it is not a vulnerability report of Clair 4, such as "clairctl report -o json" writes';
  const found = Object.values(packages).flatMap((ids) => asList(ids) ?? []);
  if (found.some((id) => !isObject(all[String(id)]))) return 'packages have vulnerabilities in it that are not among its "vulnerabilities"';
  const report = scanReport(
    [document['manifest_hash']],
    undefined,
    found.map((id) => {
      const vulnerability = all[String(id)] as JsonObject;
      return {
        severity: severityOf(vulnerability['normalized_severity']),
        fixable: asText(vulnerability['fixed_in_version']) !== undefined,
        since: asText(vulnerability['issued']),
        id: asText(vulnerability['name']),
      };
    }),
  );
  return report ? [report] : 'its field "manifest_hash" is not a digest';
};
