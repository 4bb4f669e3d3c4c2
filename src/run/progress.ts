import { isInteractive, say } from './io.ts';
import type { Context, GlobalOptions } from './context.ts';

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
export async function startProgress({ io, activity }: Context, { quiet, verbose }: GlobalOptions): Promise<Progress> {
  const tell = verbose && !quiet ? (text: string): void => say(io, text) : () => {};
  const spinner = quiet || !isInteractive(io) ? undefined : await startSpinner(io.stderr as NodeJS.WriteStream);
  const show = (text: string): void => {
    activity.show(text);
    if (spinner) spinner.text = text;
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
      spinner?.clear();
      tell(text);
    },
    stop: () => {
      activity.show(undefined);
      spinner?.stop();
    },
  };
}

/** Shows one line while something is done. Answers and throws what that does. */
export async function showing<Result>(
  text: string,
  context: Context,
  options: GlobalOptions,
  work: () => Promise<Result>,
): Promise<Result> {
  const progress = await startProgress(context, options);
  progress.show(text);
  try {
    return await work();
  } finally {
    progress.stop();
  }
}

async function startSpinner(stream: NodeJS.WriteStream): Promise<{ text: string; clear: () => unknown; stop: () => unknown }> {
  const { default: ora } = await import('ora');
  return ora({ stream, discardStdin: false }).start();
}
