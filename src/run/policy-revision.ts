import { LONGEST_FILE } from '../config/yaml-source.ts';
import type { Source } from '../diagnostics/source.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { outputOf } from '../inuse/command.ts';
import { commandOptions } from './in-use.ts';
import type { Context } from './context.ts';

/** What to do about what Git says most often. */
const HINTS: readonly (readonly [said: RegExp, hint: string])[] = [
  [/there is no such program/, 'Install Git, or write the policy of that revision into a file.'],
  [/not a git repository/i, 'Run this inside the repository that has the policy.'],
  [
    /invalid object name|bad revision|unknown revision|Not a valid object name/i,
    'Fetch that revision first; a pipeline often has the newest one alone (fetch-depth: 0).',
  ],
  [
    /does not exist|exists on disk, but not in/i,
    'Give the path from the root of the repository, or from here with "./" before it: main:./policy.yaml.',
  ],
];

/** True of `REVISION:PATH`, as Git has it; a file whose name holds a ":" is given as `./a:b.yaml`. */
function isRevision(text: string): boolean {
  return /^(?:[^-./:][^:]*)?:./.test(text) && !/^[A-Za-z]:[\\/]/.test(text);
}

/**
 * A policy file, or the text of one in a revision of the Git repository that this runs in: `main:policies/x.yaml`. Throws `FILE` where
 * there is no Git, no repository, no such revision or no such file in it.
 */
export async function policyOrRevision(text: string, { io }: Context): Promise<string | Source> {
  if (!isRevision(text)) return text;
  const options = commandOptions([], io, io.signal);
  // In the words that the hints know, and without asking anybody for a password.
  const env = { ...options.env, LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0' };
  try {
    // As "git show", but its bytes as they are, and of a file alone.
    const source = await outputOf(['git', 'cat-file', 'blob', text], { ...options, env }, { called: text, what: 'policy' });
    if (Buffer.byteLength(source.text) > LONGEST_FILE)
      throw new ToolError('FILE', `${text}: the policy is longer than ${LONGEST_FILE / 2 ** 20} MiB.`, { hint: 'Check the path.' });
    return source;
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    const hint =
      HINTS.find(([said]) => said.test(error.message))?.[1] ??
      'Give a revision of Git and the path of a file in it, such as main:policy.yaml.';
    throw new ToolError('FILE', error.message, { hint, cause: error });
  }
}
