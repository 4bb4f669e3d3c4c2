import type { ListSource } from '../config/config.ts';
import { lineText, readSource, type Source } from '../diagnostics/source.ts';
import { type Problem, problemAt, SourceError } from '../diagnostics/source-error.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { commandName, type CommandOptions, outputOf } from './command.ts';
import { NOTHING } from './nothing.ts';

const WHAT = 'list of names';
const LONGEST_FILE = 64 * 2 ** 20;
/** How Git calls what exists in a repository. */
const PREFIXES = { branches: 'refs/heads/', tags: 'refs/tags/' } as const;

/**
 * The names that exist, such as the branches of a repository: those that Git tells, or one a line of a file or of what a program prints.
 * Throws `FILE` for what cannot be read, as {@link import('./command.ts').readInUseCommand} does, and `IN_USE_INVALID` for a line that is
 * not a name.
 */
export async function readLiveList(source: ListSource, options: CommandOptions): Promise<string[]> {
  if ('file' in source) return namesIn(await readSource(source.file, { what: WHAT, maxBytes: LONGEST_FILE }));
  if ('command' in source) return namesIn(await outputOf(source.command, options, { called: commandName(source.command), what: WHAT }));
  return refsOf(source.git, options);
}

/** `git ls-remote` asks for no password: there is nobody to type it. */
async function refsOf({ repository, refs = ['branches', 'tags'] }: GitSource, options: CommandOptions): Promise<string[]> {
  const prefixes = refs.map((kind) => PREFIXES[kind]);
  const called = `git ls-remote ${repository}`;
  const command = ['git', 'ls-remote', '--refs', '--', repository, ...prefixes.map((prefix) => `${prefix}*`)];
  const env = { ...options.env, GIT_TERMINAL_PROMPT: '0' };
  const { text } = await outputOf(command, { ...options, env }, { called, what: WHAT });
  return text
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const ref = /^[0-9a-f]{40,64}\t(refs\/.+)$/.exec(line)?.[1];
      if (ref === undefined) {
        throw new ToolError('FILE', `${called}: the ${WHAT} cannot be read: a line of it is not a digest and a name.`, {
          hint: 'Run the program by hand to see what it prints.',
        });
      }
      return prefixes.flatMap((prefix) => (ref.startsWith(prefix) ? [ref.slice(prefix.length)] : []));
    });
}

type GitSource = Extract<ListSource, { readonly git: unknown }>['git'];

/** One name a line. A "#" before a space begins a comment; before anything else it may be the name of a branch. */
function namesIn(source: Source): string[] {
  const names: string[] = [];
  const problems: Problem[] = [];
  source.lineStarts.forEach((start, index) => {
    const line = lineText(source, index + 1).replaceAll('\uFEFF', '');
    const name = line.replace(/(?:^|\s)#(?:\s.*)?$/s, '').trim();
    if (name === '') return;
    const wrong = whyNoName(name);
    if (wrong === undefined) names.push(name);
    else problems.push(problemAt(source, { start, end: start + line.length }, `not a name: ${wrong}`));
  });
  if (problems.length === 0) return names;
  throw new SourceError('IN_USE_INVALID', problems, { hint: 'Give one name a line. Nothing was planned.' });
}

/** Why a line cannot be a name: taken for one, JSON, markup or fields in a line would match nothing, and everything would pass for gone. */
function whyNoName(name: string): string | undefined {
  if (/\s/.test(name)) return 'it has a space in it';
  if (NOTHING.includes(name)) return 'programs print it for what is not there';
  const [mark] = /["'`<>{}[\]|,;:~^*?\\]/.exec(name) ?? [];
  return mark === undefined ? undefined : `it has ${mark} in it`;
}
