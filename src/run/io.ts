import type { Readable, Writable } from 'node:stream';
import { type Message, messageText } from './message.ts';

/** A stream that people may be looking at. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number | undefined };

/** The world as a command sees it; tests pass their own. */
export interface Io {
  /** The answer, and nothing else. */
  readonly stdout: Output;
  /** Progress, messages, questions. One that takes messages as such writes them in a form of its own. */
  readonly stderr: Output & { readonly tell?: (message: Message) => void };
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** The name that the program was called by: `regctl` or `regprune`. */
  readonly program: string;
  /** Aborted by the first SIGHUP, SIGINT or SIGTERM, with a `Stopped` as its reason. */
  readonly signal: AbortSignal;
  /** Told when the time for the run is over, in milliseconds from now: whoever does not read is then waited for no longer. */
  readonly endsIn?: (milliseconds: number) => void;
}

/** What a run says first that was to change something and did not. */
export const NOTHING_CHANGED = 'Nothing was changed.';

/** Writes lines of a message to stderr. */
export function say(io: Io, ...lines: readonly string[]): void {
  for (const line of lines) io.stderr.write(`${line}\n`);
}

/** Writes a message to stderr. */
export function tell({ stderr }: Io, message: Message): void {
  if (stderr.tell) stderr.tell(message);
  else stderr.write(messageText(message));
}

/** True if colour may be written to a stream: it is a terminal that has colours, and its user has not switched them off. */
export function usesColour(io: Io, stream: Output, options: { readonly color: boolean }): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = io.env;
  if (!options.color || (NO_COLOR !== undefined && NO_COLOR !== '')) return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0') return true;
  return stream.isTTY === true && TERM !== 'dumb';
}

/** True if more than ASCII may be written to a stream: it is not a terminal, or one whose user says that it takes UTF-8. */
export function showsUnicode({ env }: Io, stream: Output): boolean {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((value) => value !== undefined && value !== '') ?? '';
  return stream.isTTY !== true || (env['TERM'] !== 'dumb' && /utf-?8/i.test(locale));
}

/** True if somebody watches stderr and can be shown a moving line. A terminal that says that it is 0 columns wide cannot show one. */
export function isInteractive(io: Io): boolean {
  return io.stderr.isTTY === true && widthOf(io.stderr) !== undefined && io.env['TERM'] !== 'dumb' && (io.env['CI'] ?? '') === '';
}

/** Columns of a terminal that says how many it has. */
export function widthOf(stream: Output): number | undefined {
  return stream.isTTY === true && (stream.columns ?? 0) > 0 ? stream.columns : undefined;
}
