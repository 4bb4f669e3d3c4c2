import { junitXml } from './junit.ts';
import { toJson } from './json.ts';
import { annotation } from './workflow-command.ts';

/** A mistake in a policy file. */
interface Finding {
  /** By its path from the root of the checkout. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** Exclusive, on the same line. */
  readonly endColumn: number;
  readonly message: string;
}

/** What a check of policy files has found. A document. */
export interface PolicyCheck {
  readonly kind: 'PolicyCheck';
  readonly formatVersion: '1.0';
  /** As given. */
  readonly files: readonly string[];
  readonly findings: readonly Finding[];
}

/** The findings as editors read them, a line each. */
export function checkText({ findings }: PolicyCheck): string {
  return findings.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}\n`).join('');
}

/** The findings as annotations of GitHub Actions. */
export function checkAnnotations({ findings }: PolicyCheck): string {
  return findings.map(({ message, ...place }) => annotation('error', 'Policy', message, place)).join('');
}

/**
 * The findings as GitLab's code quality report (https://docs.gitlab.com/ci/testing/code_quality/). `fingerprint` answers the same for the
 * same text, and something else for any other.
 */
export function checkCodeQuality({ findings }: PolicyCheck, fingerprint: (text: string) => string): string {
  return toJson(
    findings.map(({ file, line, column, message }) => ({
      description: message,
      check_name: 'policy',
      fingerprint: fingerprint(JSON.stringify([file, line, column, message])),
      severity: 'major',
      location: { path: file, lines: { begin: line } },
    })),
  );
}

/** A test for each file, which fails with what is wrong with it. */
export function checkJunit({ files, findings }: PolicyCheck): string {
  const all = [...new Set([...files, ...findings.map(({ file }) => file)])];
  return junitXml(
    all.map((file) => {
      const those = findings.filter((one) => one.file === file);
      const message = those.map((one) => `line ${one.line}, column ${one.column}: ${one.message}`).join('; ');
      return { suite: 'policy', name: file, ...(those.length > 0 && { problem: { type: 'policy', message } }) };
    }),
  );
}

/** The findings in SARIF 2.1.0, for code scanning. */
export function checkSarif({ findings }: PolicyCheck, version: string): string {
  return toJson({
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'regprune',
            version,
            rules: [{ id: 'policy', shortDescription: { text: 'A policy that says what is not meant' } }],
          },
        },
        results: findings.map(({ file, line, column, endColumn, message }) => ({
          ruleId: 'policy',
          level: 'error',
          message: { text: message },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: file.split('/').map(encodeURIComponent).join('/') },
                region: { startLine: line, startColumn: column, endColumn },
              },
            },
          ],
        })),
      },
    ],
  });
}
