import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorWords } from '../diagnostics/system-error.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { byCodeUnit } from '../domain/compare.ts';

/** The folders of cases at or below a folder, sorted. Throws `FILE`. */
export async function casesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw new ToolError('FILE', `cannot read the folder ${folder}: ${systemErrorWords(error, 'there is no such folder')}`, {
      hint: 'Give a folder of cases.',
      cause: error,
    });
  });
  const own = entries.some(({ name }) => name === 'expected.json') ? [folder] : [];
  const below = entries.filter((entry) => entry.isDirectory() && entry.name !== 'node_modules' && !entry.name.startsWith('.'));
  const others = await Promise.all(below.map(({ name }) => casesIn(join(folder, name))));
  return [...own, ...others.flat()].toSorted(byCodeUnit);
}
