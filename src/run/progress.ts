import { type Io, isInteractive, say } from './io.ts';
import type { GlobalOptions } from './context.ts';

/** Tells what is going on: one moving line at a terminal; elsewhere, with `--verbose`, one line for each thing done. */
export interface Progress {
  /** So many repositories more are to be read. */
  readonly expect: (repositories: number) => void;
  /** The one line, replaced each time. */
  readonly show: (text: string) => void;
  /** A repository that is being read. */
  readonly reading: (title: string, done: number, total: number) => void;
  /** One thing is done: a line that stays, shown with `--verbose`. */
  readonly done: (text: string) => void;
  /** Takes the moving line away. */
  readonly stop: () => void;
}

/** Starts to tell the progress. The spinner is loaded only if it will be seen. */
export async function startProgress(io: Io, { quiet, verbose }: GlobalOptions): Promise<Progress> {
  const tell = verbose && !quiet ? (text: string): void => say(io, text) : () => {};
  if (quiet || !isInteractive(io)) return { expect: () => {}, show: () => {}, reading: () => {}, done: tell, stop: () => {} };
  const { default: ora } = await import('ora');
  const spinner = ora({ stream: io.stderr as NodeJS.WriteStream, discardStdin: false }).start();
  const show = (text: string): void => {
    spinner.text = text;
  };
  let expected = 0;
  let finished = 0;
  const share = (): string => (expected > 1 ? `  (${finished} of ${expected} repositories)` : '');
  return {
    expect: (repositories) => {
      expected += repositories;
    },
    show,
    reading: (title, done, total) => show(`reading ${title}  ${done}/${total}${share()}`),
    done: (text) => {
      finished += 1;
      spinner.clear();
      tell(text);
    },
    stop: () => spinner.stop(),
  };
}
