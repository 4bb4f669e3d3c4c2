import { resolve } from 'node:path';
import { GuardedFile } from '../diagnostics/guarded-file.ts';
import { systemErrorWords } from '../diagnostics/system-error.ts';
import { type Io, say } from './io.ts';

/**
 * Adds Markdown to the summary of the step where GitHub Actions shows it. Without `GITHUB_STEP_SUMMARY` there is no such place. A file that
 * cannot be written is a warning: the answer does not depend on it.
 */
export async function writeStepSummary(markdown: string, io: Io): Promise<void> {
  const file = io.env['GITHUB_STEP_SUMMARY'];
  if (file === undefined || file === '') return;
  await append(resolve(io.cwd, file), markdown).catch((error: unknown) => {
    say(io, `warning: the step summary could not be written: ${systemErrorWords(error)}`);
  });
}

async function append(path: string, text: string): Promise<void> {
  const file = await GuardedFile.open(path, 'a');
  await file.append([text]).finally(() => file.close());
}
