import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ReportFormat } from '../../../src/config/config-schema.ts';
import { type ReadReports, readReports } from '../../../src/findings/read-reports.ts';
import { folderWith } from '../config/temporary-folder.ts';

const IMAGE = `sha256:${'a'.repeat(64)}`;
const CONFIG = `sha256:${'c'.repeat(64)}`;
const INDEX = `sha256:${'e'.repeat(64)}`;
const SCANNED = '2026-11-20T10:00:00.000Z';
const PUBLISHED = '2026-10-01T08:00:00.000Z';

async function read(format: ReportFormat, files: Readonly<Record<string, string>>): Promise<ReadReports> {
  const folder = await folderWith(files);
  const { reports, problems } = await readReports({ format, files: join(folder, '*.json') });
  return { reports, problems: problems.map((problem) => problem.replaceAll(`${folder}/`, '')) };
}

function one(format: ReportFormat, document: object): Promise<ReadReports> {
  return read(format, { 'report.json': JSON.stringify(document) });
}

function trivy(changes: object = {}): object {
  return {
    SchemaVersion: 2,
    CreatedAt: '2026-11-20T11:00:00.123456789+01:00',
    ArtifactName: 'registry.example.com/team/app:1',
    ArtifactType: 'container_image',
    Metadata: { ImageID: CONFIG, RepoDigests: [`registry.example.com/team/app@${INDEX}`] },
    Results: [
      {
        Class: 'os-pkgs',
        Vulnerabilities: [
          { VulnerabilityID: 'CVE-2', Severity: 'CRITICAL', FixedVersion: '1.1', Status: 'fixed', PublishedDate: '2026-10-02T08:00:00Z' },
          { VulnerabilityID: 'CVE-1', Severity: 'CRITICAL', FixedVersion: '1.1', Status: 'fixed', PublishedDate: '2026-10-01T08:00:00Z' },
          { VulnerabilityID: 'CVE-3', Severity: 'HIGH', Status: 'will_not_fix' },
          { VulnerabilityID: 'CVE-4', Severity: 'UNKNOWN', FixedVersion: '' },
          { VulnerabilityID: 'CVE-5', Severity: 'CRITICAL', Status: 'not_affected' },
        ],
        ExperimentalModifiedFindings: [{ Status: 'not_affected', Finding: { VulnerabilityID: 'CVE-6', Severity: 'CRITICAL' } }],
      },
      { Class: 'secret', Secrets: [{ RuleID: 'aws', Severity: 'CRITICAL' }] },
    ],
    ...changes,
  };
}

describe('what each scanner writes', () => {
  test('Trivy: by the digests of config and index; without what VEX took out, and without secrets', async () => {
    expect(await one('trivy', trivy())).toEqual({
      problems: [],
      reports: [
        {
          digests: [CONFIG, INDEX],
          image: CONFIG,
          scannedAt: '2026-11-20T10:00:00.123Z',
          findings: [
            { severity: 'critical', fixable: true, count: 2, since: PUBLISHED, id: 'CVE-1' },
            { severity: 'high', fixable: false, count: 1, since: '2026-11-20T10:00:00.123Z', id: 'CVE-3' },
            { severity: 'none', fixable: false, count: 1, since: '2026-11-20T10:00:00.123Z', id: 'CVE-4' },
          ],
        },
      ],
    });
  });

  test('Trivy: an image in which nothing was found', async () => {
    for (const clean of [
      { Results: undefined },
      { Results: [{ Class: 'lang-pkgs', Type: 'gobinary' }] },
      { Metadata: { ImageID: CONFIG, OS: { Family: 'alpine' } }, Results: [{ Class: 'os-pkgs', Type: 'alpine' }] },
    ])
      expect((await one('trivy', trivy(clean))).reports).toMatchObject([{ findings: [] }]);
  });

  test('Grype: by the digest of the platform; since the scan, because it does not tell more', async () => {
    const match = (id: string, severity: string, state: string): object => ({
      vulnerability: { id, severity, fix: { versions: [], state } },
    });
    const document = {
      matches: [match('CVE-1', 'Critical', 'fixed'), match('CVE-2', 'Critical', 'wont-fix'), match('CVE-3', 'Negligible', 'unknown')],
      ignoredMatches: [match('CVE-4', 'Critical', 'fixed')],
      source: {
        type: 'image',
        target: { userInput: 'team/app:1', imageID: CONFIG, manifestDigest: IMAGE, repoDigests: [`team/app@${INDEX}`] },
      },
      descriptor: { name: 'grype', timestamp: SCANNED },
    };
    expect((await one('grype', document)).reports).toEqual([
      {
        digests: [IMAGE, CONFIG, INDEX],
        image: IMAGE,
        scannedAt: SCANNED,
        findings: [
          { severity: 'critical', fixable: true, count: 1, since: SCANNED, id: 'CVE-1' },
          { severity: 'critical', fixable: false, count: 1, since: SCANNED, id: 'CVE-2' },
          { severity: 'none', count: 1, since: SCANNED, id: 'CVE-3' },
        ],
      },
    ]);
  });

  test('SARIF: vulnerabilities alone, by tag, score or level, and without what is suppressed', async () => {
    const rule = (id: string, tags: readonly string[], score?: string): object => ({
      id,
      properties: { tags, 'security-severity': score },
    });
    const result = (ruleId: string, text: string, more: object = {}): object => ({ ruleId, message: { text }, level: 'error', ...more });
    const document = {
      version: '2.1.0',
      runs: [
        {
          tool: {
            driver: {
              rules: [
                rule('CVE-1', ['vulnerability', 'security', 'CRITICAL'], '9.8'),
                rule('CVE-2', [], '5.5'),
                rule('CVE-3', []),
                rule('KEY', ['secret', 'security', 'CRITICAL']),
              ],
            },
          },
          properties: { imageName: 'team/app:1', imageID: CONFIG, repoDigests: [`team/app@${INDEX}`] },
          results: [
            result('CVE-1', 'Package: a\nFixed Version: 1.2\nLink: x'),
            result('CVE-2', 'Package: a\nFixed Version: \nLink: x'),
            result('CVE-3', 'Package: a'),
            result('CVE-1', 'Fixed Version: 1.2', { suppressions: [{ kind: 'external' }] }),
            result('KEY', 'a key'),
          ],
        },
      ],
    };
    expect((await one('sarif', document)).reports).toEqual([
      {
        digests: [CONFIG, INDEX],
        image: CONFIG,
        findings: [
          { severity: 'critical', fixable: true, count: 1, id: 'CVE-1' },
          { severity: 'high', count: 1, id: 'CVE-3' },
          { severity: 'medium', fixable: false, count: 1, id: 'CVE-2' },
        ],
      },
    ]);
  });

  test('Clair: once for each package', async () => {
    const vulnerabilities = {
      '7': { name: 'CVE-1', normalized_severity: 'High', fixed_in_version: '2', issued: '2026-10-01T08:00:00Z' },
      '8': { name: 'CVE-2', normalized_severity: 'Unknown', fixed_in_version: '', issued: '0001-01-01T00:00:00Z' },
      '9': { name: 'CVE-3', normalized_severity: 'Critical', fixed_in_version: '2' },
    };
    const document = { manifest_hash: IMAGE, vulnerabilities, package_vulnerabilities: { '1': ['7', '8'], '2': ['7'] } };
    expect((await one('clair', document)).reports).toEqual([
      {
        digests: [IMAGE],
        image: IMAGE,
        findings: [
          { severity: 'high', fixable: true, count: 2, since: PUBLISHED, id: 'CVE-1' },
          { severity: 'none', fixable: false, count: 1, id: 'CVE-2' },
        ],
      },
    ]);
  });

  test('Snyk: an image that was given by its digest, with the applications in it', async () => {
    const found = (id: string, severity: string, fixedIn: readonly string[]): object => ({
      id: `SNYK-${id}`,
      severity,
      fixedIn,
      publicationTime: '2026-10-01T08:00:00.000000Z',
      identifiers: { CVE: [id] },
    });
    const document = {
      path: `registry.example.com/team/app@${IMAGE}`,
      vulnerabilities: [found('CVE-1', 'high', [])],
      applications: [{ vulnerabilities: [found('CVE-2', 'critical', ['2.0'])] }],
    };
    expect((await one('snyk', document)).reports).toMatchObject([
      {
        digests: [IMAGE],
        findings: [
          { severity: 'critical', fixable: true, count: 1, since: PUBLISHED, id: 'CVE-2' },
          { severity: 'high', fixable: false, count: 1, since: PUBLISHED, id: 'CVE-1' },
        ],
      },
    ]);
  });

  test('Aqua: without what somebody has acknowledged', async () => {
    const document = {
      image: 'team/app:1',
      digest: 'a'.repeat(64),
      scan_started: { seconds: Date.parse(SCANNED) / 1000, nanos: 0 },
      resources: [
        {
          vulnerabilities: [
            { name: 'CVE-1', aqua_severity: 'high', fix_version: '2', publish_date: '2026-10-01' },
            { name: 'CVE-2', aqua_severity: 'critical', acknowledged: true },
          ],
        },
      ],
    };
    expect((await one('aqua', document)).reports).toMatchObject([
      {
        digests: [IMAGE],
        scannedAt: SCANNED,
        findings: [{ severity: 'high', fixable: true, count: 1, since: '2026-10-01T00:00:00.000Z', id: 'CVE-1' }],
      },
    ]);
  });
});

describe('a report that does not say which image it is about, or is no report, is a problem', () => {
  test.each<[format: ReportFormat, document: object, says: string]>([
    ['trivy', trivy({ ArtifactType: 'filesystem' }), 'it is not about an image'],
    ['trivy', trivy({ Metadata: {} }), 'it names no digest'],
    ['trivy', { Results: [] }, 'it is not what "trivy image --format json" writes'],
    ['trivy', trivy({ Results: {} }), 'its "Results" are not a list'],
    ['grype', trivy(), 'it is not what "grype -o json" writes'],
    ['grype', { matches: [], source: { type: 'directory', target: '/src' } }, 'it is not about an image'],
    ['sarif', { version: '2.1.0', runs: [{ results: [] }] }, 'it names no image by its digest'],
    [
      'sarif',
      { version: '2.1.0', runs: [{ automationDetails: { id: `team/app@${IMAGE}` }, results: null }] },
      'one of its runs has no "results"',
    ],
    [
      'sarif',
      {
        version: '2.1.0',
        runs: [{ automationDetails: { id: `team/app@${IMAGE}` }, invocations: [{ executionSuccessful: false }], results: [] }],
      },
      'one of its runs has no "results", or says that it went wrong',
    ],
    ['sarif', trivy(), 'it is not SARIF 2.1.0'],
    ['clair', { Vulnerabilities: {} }, 'it is not a vulnerability report of Clair 4'],
    ['snyk', { path: 'team/app:1', vulnerabilities: [] }, 'it names no digest: give the image by its digest'],
    ['snyk', { error: 'no access', path: `team/app@${IMAGE}` }, 'it says that the scan went wrong'],
    ['aqua', { image_name: 'team/app:1', cves: [] }, 'it is not what "scannercli'],
    // What may be a part of a report tells of nothing that it was looked for.
    ['aqua', { digest: 'a'.repeat(64), scan_started: { seconds: 1 } }, 'it is not what "scannercli'],
    ['aqua', { digest: 'a'.repeat(64), scan_started: { seconds: 1 }, resources: null }, 'it is not what "scannercli'],
    ['grype', { matches: null, source: { type: 'image', target: { manifestDigest: IMAGE } } }, 'its "matches" are not a list'],
    [
      'clair',
      { manifest_hash: IMAGE, vulnerabilities: null, package_vulnerabilities: null },
      'it is not a vulnerability report of Clair 4',
    ],
    [
      'clair',
      { manifest_hash: IMAGE, vulnerabilities: {}, package_vulnerabilities: { '1': ['7'] } },
      'packages have vulnerabilities in it',
    ],
    ['snyk', { path: `team/app@${IMAGE}`, vulnerabilities: null }, 'it, or an application in it, has no list of "vulnerabilities"'],
    ['snyk', { path: `team/app@${IMAGE}`, vulnerabilities: [], applications: [{}] }, 'it, or an application in it, has no list'],
    ['trivy', trivy({ Results: [{ Class: 'secret', Secrets: [{}] }] }), 'none of its "Results" is about packages'],
    [
      'trivy',
      trivy({ Metadata: { ImageID: CONFIG, OS: { Family: 'alpine' } }, Results: undefined }),
      'none of its "Results" is about packages',
    ],
    [
      'trivy',
      trivy({ Metadata: { ImageID: CONFIG, OS: { Family: 'alpine' } }, Results: [{ Class: 'lang-pkgs' }] }),
      'none of its "Results" is about packages',
    ],
  ])('%s: %j', async (format, document, says) => {
    const { reports, problems } = await one(format, document);
    expect([reports, problems]).toEqual([[], [expect.stringContaining(`report.json: the report of a scanner cannot be used: ${says}`)]]);
  });

  test.each([
    ['cut off', JSON.stringify(trivy()).slice(0, -10), 'it is not whole JSON'],
    ['empty', '', 'it is not whole JSON'],
    ['of nothing', '[]', 'there is nothing in it'],
  ])('one that is %s', async (_what, text, says) => {
    expect(await read('trivy', { 'report.json': text })).toEqual({
      reports: [],
      problems: [`report.json: the report of a scanner cannot be used: ${says}.`],
    });
  });

  test('a glob that matches no file', async () => {
    expect((await read('trivy', {})).problems).toEqual([expect.stringContaining('the glob matches no file')]);
  });
});

describe('several reports', () => {
  test('in one file, as a list or one a line', async () => {
    const other = trivy({ Metadata: { ImageID: IMAGE } });
    for (const text of [JSON.stringify([trivy(), other]), `${JSON.stringify(trivy())}\n${JSON.stringify(other)}\n`])
      expect((await read('trivy', { 'report.json': text })).reports.map(({ image }) => image)).toEqual([CONFIG, IMAGE]);
  });

  test('of one image: the newest counts', async () => {
    const clean = trivy({ CreatedAt: '2026-11-21T00:00:00Z', Results: [] });
    const files = { 'a.json': JSON.stringify(clean), 'b.json': JSON.stringify(trivy()) };
    expect(await read('trivy', files)).toMatchObject({ problems: [], reports: [{ findings: [] }] });
  });

  test('of one image: the newest counts for every digest by which an older one names it', async () => {
    const pulled = trivy();
    const built = trivy({ CreatedAt: '2026-11-21T10:00:00Z', Metadata: { ImageID: CONFIG }, Results: [] });
    for (const files of [
      { 'a.json': pulled, 'b.json': built },
      { 'a.json': built, 'b.json': pulled },
    ]) {
      const texts = Object.fromEntries(Object.entries(files).map(([name, document]) => [name, JSON.stringify(document)]));
      const { reports } = await read('trivy', texts);
      expect(reports).toEqual([{ digests: [CONFIG, INDEX], image: CONFIG, scannedAt: '2026-11-21T10:00:00.000Z', findings: [] }]);
    }
  });

  test('of one image, of which nobody knows which is newer, are a problem unless they say the same', async () => {
    const undated = trivy({ CreatedAt: undefined });
    const same = { 'a.json': JSON.stringify(undated), 'b.json': JSON.stringify(undated) };
    expect((await read('trivy', same)).problems).toEqual([]);
    const differs = { ...same, 'b.json': JSON.stringify(trivy({ CreatedAt: undefined, Results: [] })) };
    expect((await read('trivy', differs)).problems).toEqual([
      `a.json and b.json are reports of the same image ${CONFIG}, and do not say which is newer: leave one of them out.`,
    ]);
  });
});
