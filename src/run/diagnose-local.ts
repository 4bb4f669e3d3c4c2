import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { loadPolicies } from '../config/policy-source.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { readReports } from '../findings/read-reports.ts';
import { count } from '../report/text.ts';
import type { Context } from './context.ts';
import { type Checked, failedBy } from './failed-by.ts';
import { inUseReader } from './in-use.ts';
import { inUseSourceNames } from './in-use-source-names.ts';
import type { Io } from './io.ts';
import { checkJournalFolder } from './journal-folder.ts';
import type { Workplace } from './workplace.ts';
import { checkWritable } from './write-file.ts';

/** Whether the policies are valid and fit together. */
export async function diagnosePolicies({ settings }: Workplace, { signal, program }: Io): Promise<Checked[]> {
  const subject = 'policies';
  if (settings.policies.length === 0) {
    const next = `Name files by "policies" in the config or with -p; "${program} policy check FILE" finds every mistake.`;
    return [{ subject, check: 'files', state: 'warning', message: 'no policy file is named', next }];
  }
  try {
    const policies = await loadPolicies(settings.policies, { lists: Object.keys(settings.lists) }, signal);
    return [
      {
        subject,
        check: 'files',
        state: 'ok',
        message: `${count(policies.length, 'policy', 'policies')} in ${settings.policies.join(', ')}`,
      },
    ];
  } catch (error) {
    const { message, ...finding } = failedBy(subject, 'files', error);
    return [{ ...finding, message, next: `"${program} policy check ${settings.policies.join(' ')}" shows every mistake at its line.` }];
  }
}

/** Whether each source can be read and names anything. */
export async function diagnoseInUse(workplace: Workplace, context: Context): Promise<Checked[]> {
  const subject = 'in use';
  const { settings } = workplace;
  if (settings.inUse.length === 0) {
    const message = 'no source says what is in use, so images that run are not protected';
    return [{ subject, check: 'sources', state: 'warning', message, next: 'Name one by "inUse" in the config or with --in-use.' }];
  }
  const checked: Checked[] = [];
  for (const source of settings.inUse) {
    const [check = ''] = inUseSourceNames([source]);
    try {
      const { images, problems } = await inUseReader(
        { ...workplace, settings: { ...settings, inUse: [source] } },
        context,
        context.io.signal,
      )();
      const [problem] = problems;
      checked.push(
        problem === undefined
          ? { subject, check, state: 'ok', message: `it names ${count(images.length, 'image')}` }
          : { subject, check, state: 'failed', message: problem, next: 'Until then no plan can be carried out.', exitCode: 5 },
      );
    } catch (error) {
      checked.push(failedBy(subject, check, error));
    }
  }
  return checked;
}

/** Whether each report of a scanner can be read. */
export async function diagnoseFindings({ settings }: Workplace, { signal }: Io): Promise<Checked[]> {
  const subject = 'findings';
  const checked: Checked[] = [];
  for (const source of settings.findings) {
    const check = `${source.format} ${source.files}`;
    const { reports, problems } = await readReports(source, signal);
    const next = 'Until then no plan can be carried out whose rules ask about scans.';
    for (const message of problems) checked.push({ subject, check, state: 'failed', message, next, exitCode: 5 });
    if (problems.length === 0) checked.push({ subject, check, state: 'ok', message: `reports of ${count(reports.length, 'image')}` });
  }
  return checked;
}

/** Whether the folders that a run writes to can be written to. */
export async function diagnoseFolders({ settings }: Workplace): Promise<Checked[]> {
  const subject = 'folders';
  const checked: Checked[] = [];
  try {
    await checkJournalFolder(settings);
    checked.push({ subject, check: 'journal', state: 'ok', message: settings.journalDir ?? '' });
  } catch (error) {
    checked.push(failedBy(subject, 'journal', error));
  }
  const { cacheDir } = settings;
  const next = 'Set REGCTL_CACHE_DIR, or "cacheDir" in the config, to a folder that lasts: without it every run reads everything again.';
  if (cacheDir === undefined)
    return [...checked, { subject, check: 'cache', state: 'warning', message: 'there is no folder for the cache', next }];
  try {
    await mkdir(cacheDir, { recursive: true }).catch(() => {});
    await checkWritable(join(cacheDir, 'doctor'), 'the cache');
    checked.push({ subject, check: 'cache', state: 'ok', message: cacheDir });
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    checked.push({ subject, check: 'cache', state: 'warning', message: error.message, next });
  }
  return checked;
}
