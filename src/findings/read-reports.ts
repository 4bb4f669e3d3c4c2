import type { ReportSource } from '../config/config.ts';
import type { ReportFormat } from '../config/config-schema.ts';
import { filesOf } from '../config/files-of.ts';
import { readSource } from '../diagnostics/source.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { asObject, type JsonObject } from '../domain/json.ts';
import { readAqua } from './aqua.ts';
import { readClair } from './clair.ts';
import { readGrype } from './grype.ts';
import { readSarif } from './sarif.ts';
import type { ReportReader, ScanReport } from './scan-report.ts';
import { readSnyk } from './snyk.ts';
import { readTrivy } from './trivy.ts';

const WHAT = 'report of a scanner';
const LONGEST_FILE = 256 * 2 ** 20;

const READERS: Readonly<Record<ReportFormat, ReportReader>> = {
  trivy: readTrivy,
  grype: readGrype,
  sarif: readSarif,
  clair: readClair,
  snyk: readSnyk,
  aqua: readAqua,
};

/** The reports that were read, and a sentence for each that could not be. */
export interface ReadReports {
  readonly reports: readonly ScanReport[];
  readonly problems: readonly string[];
}

/**
 * Reads the reports of one source, of several of one image the newest. A file that cannot be read, is not such a report, or does not say
 * which image it is about, is a problem: what it would tell is not known. Throws where `signal` ends the reading.
 */
export async function readReports({ format, files }: ReportSource, signal?: AbortSignal): Promise<ReadReports> {
  const newest = new Map<string, Dated>();
  const problems: string[] = [];
  const attempt = async <T>(read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof ToolError)) throw error;
      problems.push(error.message);
      return undefined;
    }
  };
  // One after the other: their texts need not be in memory together.
  for (const file of (await attempt(() => filesOf(files, WHAT))) ?? []) {
    const source = await attempt(() => readSource(file, { what: WHAT, maxBytes: LONGEST_FILE, signal }));
    const reports = source && reportsIn(source.text, READERS[format]);
    if (typeof reports === 'string') problems.push(`${file}: the ${WHAT} cannot be used: ${reports}.`);
    else for (const report of reports ?? []) add({ file, report }, newest, problems);
  }
  return { reports: [...newest.values()].map(({ report }) => report), problems };
}

interface Dated {
  readonly file: string;
  readonly report: ScanReport;
}

/**
 * Two reports of one image are a problem where nothing tells which is newer, unless they say the same. What the newer has found counts
 * for every digest by which either names the image: one of them may be of a scan on a build machine, which knows no manifest.
 */
function add(one: Dated, newest: Map<string, Dated>, problems: string[]): void {
  const { image, scannedAt } = one.report;
  const other = newest.get(image);
  const before = other?.report.scannedAt;
  const isTold = scannedAt !== undefined && before !== undefined && scannedAt !== before;
  if (other && !isTold && JSON.stringify(other.report.findings) !== JSON.stringify(one.report.findings)) {
    problems.push(
      `${other.file} and ${one.file} are reports of the same image ${image}, and do not say which is newer: leave one of them out.`,
    );
    return;
  }
  const kept = !other || (isTold && scannedAt > before) ? one : other;
  const digests = new Set([...kept.report.digests, ...(other?.report.digests ?? []), ...one.report.digests]);
  newest.set(image, { ...kept, report: { ...kept.report, digests: [...digests] } });
}

/** A text is one document, a list of them, or one a line. */
function reportsIn(text: string, read: ReportReader): readonly ScanReport[] | string {
  const documents = documentsIn(text);
  if (!documents) return 'it is not whole JSON';
  const reports: ScanReport[] = [];
  for (const document of documents) {
    const made = read(document);
    if (typeof made === 'string') return made;
    reports.push(...made);
  }
  return documents.length === 0 ? 'there is nothing in it' : reports;
}

function documentsIn(text: string): readonly JsonObject[] | undefined {
  const whole = parsed(text);
  const values = Array.isArray(whole) ? (whole as unknown[]) : whole === undefined ? linesOf(text) : [whole];
  const documents = values?.map(asObject);
  return documents?.every((document) => document !== undefined) ? documents : undefined;
}

function linesOf(text: string): readonly unknown[] | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  // A document over several lines that is not whole is not tried again line by line.
  return lines.length > 1 && lines[0]?.trimEnd().endsWith('}') ? lines.map(parsed) : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
