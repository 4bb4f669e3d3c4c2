import { readReports } from '../findings/read-reports.ts';
import { ScanReports } from '../findings/scan-reports.ts';
import type { Settings } from '../config/settings.ts';

/** What the reports that the config names have found. */
export interface ReportedFindings {
  /** Undefined where the config names none. */
  readonly reports: ScanReports | undefined;
  /** What could not be read, a sentence each. A plan that was made without it must not be applied. */
  readonly problems: readonly string[];
}

/** Reads the reports of the config. Throws where `signal` ends the reading. */
export async function readScanReports({ findings }: Pick<Settings, 'findings'>, signal: AbortSignal): Promise<ReportedFindings> {
  if (findings.length === 0) return { reports: undefined, problems: [] };
  const read = [];
  for (const source of findings) read.push(await readReports(source, signal));
  return {
    reports: new ScanReports(read.flatMap(({ reports }) => reports)),
    problems: read.flatMap(({ problems }) => problems),
  };
}
