import { type ChildProcess, spawn } from 'node:child_process';
import { withoutHiddenParts } from '../diagnostics/hidden-text.ts';
import { printable, redact, rememberSecret } from '../diagnostics/redact.ts';
import { makeSource, type Source } from '../diagnostics/source.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { InUseImage } from '../domain/in-use.ts';
import { understood } from './file.ts';
import { Found } from './found.ts';
import { readText } from './text.ts';

/** How a program is run that lists what is in use. */
export interface CommandOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Variables that hold credentials of registries. These may delete, and no list needs that. */
  readonly withheld: readonly string[];
  /** Ends the program with this run. */
  readonly signal: AbortSignal;
  /** For tests. */
  readonly limitMs?: number;
}

const LIMIT_MS = 5 * 60_000;
/** After it was asked to end, until it is made to. */
const GRACE_MS = 2000;
const MOST_OUTPUT = 64 * 2 ** 20;
/** Of what it says on its standard error, the end is kept: as many bytes, and of these as many lines are shown, as long as this. */
const KEPT_ERRORS = 64 * 2 ** 10;
const SHOWN_LINES = 5;
const LONGEST_LINE = 300;
/** How many lines are looked at to tell that one of them continues a secret. */
const REACH = 50;

/**
 * Runs a program without a shell, and reads what it prints as a file would be read ({@link readText}); it gets no input. Throws the reason
 * of `signal` when that stops it; `FILE`, as for a file that cannot be read, if it cannot be started, exits with anything but 0, is ended
 * by a signal, takes longer than five minutes, or prints more than 64 MiB or what is not UTF-8; and `IN_USE_INVALID` for what is not
 * understood.
 */
export async function readInUseCommand(command: readonly string[], options: CommandOptions): Promise<InUseImage[]> {
  const found = new Found();
  readText(await outputOf(command, options, { called: commandName(command), what: 'list of images in use' }), found);
  return understood(found);
}

/** How messages call a program, and what it prints. */
export interface CommandTitle {
  readonly called: string;
  readonly what: string;
}

/** What a program prints. Throws as {@link readInUseCommand} does, but for `IN_USE_INVALID`. */
export async function outputOf(command: readonly string[], options: CommandOptions, title: CommandTitle): Promise<Source> {
  options.signal.throwIfAborted();
  const { stdout, stderr, why } = await run(command, options);
  options.signal.throwIfAborted();
  if (why !== undefined) throw failed(title, why, stderr);
  try {
    return makeSource(title.called, new TextDecoder('utf-8', { fatal: true }).decode(stdout));
  } catch {
    throw failed(title, 'what it printed is not UTF-8 text', '');
  }
}

/** What a program is called in messages and plans: without its arguments, in which a secret may stand. */
export function commandName([program = '']: readonly string[]): string {
  return `command ${printable(program)}`;
}

interface Ended {
  readonly stdout: Uint8Array;
  readonly stderr: string;
  /** What it failed by; undefined of one that did not. */
  readonly why?: string;
}

function run(
  [program = '', ...words]: readonly string[],
  { cwd, env, withheld, signal, limitMs = LIMIT_MS }: CommandOptions,
): Promise<Ended> {
  const own: Record<string, string | undefined> = { ...env };
  for (const variable of withheld) {
    if (own[variable]) rememberSecret(own[variable]);
    delete own[variable];
  }
  return new Promise((resolve) => {
    let child: ChildProcess;
    try {
      // In a process group of its own, so that what it starts ends with it.
      child = spawn(program, words, { cwd, env: own, shell: false, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    } catch (cause) {
      return resolve({ stdout: new Uint8Array(), stderr: '', why: `it cannot be started (${reasonOf(cause)})` });
    }
    const out: Uint8Array[] = [];
    let length = 0;
    let errors = Buffer.alloc(0);
    let why: string | undefined;
    let force: NodeJS.Timeout | undefined;
    const end = (reason: string): void => {
      why ??= reason;
      if (force) return;
      endGroup(child, 'SIGTERM');
      force = setTimeout(() => {
        endGroup(child, 'SIGKILL');
        // What left the group may live on and hold these open.
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, GRACE_MS);
    };
    const stop = (): void => end('it was stopped');
    const limit = setTimeout(() => end(`it took longer than ${limitMs / 1000} seconds`), limitMs);
    signal.addEventListener('abort', stop, { once: true });
    const finish = (ended: Ended): void => {
      clearTimeout(limit);
      clearTimeout(force);
      signal.removeEventListener('abort', stop);
      resolve(ended);
    };
    child.stdout?.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= MOST_OUTPUT) out.push(chunk);
      else end(`it printed more than ${MOST_OUTPUT / 2 ** 20} MiB`);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      errors = Buffer.concat([errors, chunk]);
      // A line cut at its beginning may be a secret cut at its beginning, which nobody knows any more: it goes.
      if (errors.length > KEPT_ERRORS) errors = errors.subarray(errors.indexOf(0x0a, errors.length - KEPT_ERRORS) + 1 || errors.length);
    });
    child.on('error', (cause) => finish({ stdout: new Uint8Array(), stderr: '', why: `it cannot be started (${reasonOf(cause)})` }));
    child.on('close', (code, killed) => {
      const exit = code === 0 ? undefined : code === null ? `it was ended by ${String(killed)}` : `exit code ${code}`;
      const reason = why ?? exit;
      finish({ stdout: Buffer.concat(out), stderr: errors.toString('utf8'), ...(reason !== undefined && { why: reason }) });
    });
  });
}

function endGroup({ pid }: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended.
  }
}

function reasonOf(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  return code === 'ENOENT' ? 'there is no such program' : code === 'EACCES' ? 'permission denied' : (code ?? message);
}

function failed({ called, what }: CommandTitle, why: string, stderr: string): ToolError {
  const said = lastLines(stderr);
  return new ToolError('FILE', `${called}: the ${what} cannot be read: ${why}${said.length === 0 ? '.' : `: ${said.join(' / ')}`}`, {
    hint: 'Run the program by hand to see why. It is run without a shell, and without the credentials of the registries.',
  });
}

/** What a program said last, fit to be shown: without secrets that we know, and without what stands where secrets do. */
function lastLines(stderr: string): string[] {
  const lines = redact(stderr)
    .split('\n')
    .map((line) => (line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line))
    .filter((line) => printable(line) !== '');
  return withoutHiddenParts(lines.slice(-REACH).join('\n'))
    .split('\n')
    .slice(-SHOWN_LINES)
    .map((line) => redact(printable(line)))
    .filter((line) => line !== '');
}
