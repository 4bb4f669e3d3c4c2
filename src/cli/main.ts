import { setMaxListeners } from 'node:events';
import { basename } from 'node:path';
import { LONGEST_TIMER_MS } from '../domain/longest-timer.ts';
import { EXIT } from '../diagnostics/exit-codes.ts';
import { guardOutput } from '../diagnostics/guard-output.ts';
import type { Output } from '../run/io.ts';
import { JsonMessages } from '../run/json-messages.ts';
import { Stopped, stoppedBy } from '../run/stop.ts';
import { AnswerStream, untilUnread } from './answer-stream.ts';
import { surviveClosedTerminal } from './closed-terminal.ts';
import { ensureHomeFolder } from './home-folder.ts';
import { runProgram } from './program.ts';
import { unblockTerminals } from './unblock-terminals.ts';

/** Found out before the command line is parsed, because its mistakes are messages too. */
const asksForJson = /(?:^|\n)--log-format(?:=|\n)json(?:\n|$)/.test(process.argv.join('\n'));
const stderr = asksForJson ? new JsonMessages(process.stderr, Date.now) : process.stderr;
const controller = new AbortController();
// Every request under way listens to it.
setMaxListeners(0, controller.signal);
/** Aborted by the first signal and when the time for the run is over: nobody is waited for much longer. */
const over = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // The handler is always set: for the first process of a container, Node.js would ignore SIGTERM.
  process.on(name, () => {
    if (controller.signal.aborted) {
      // A terminal that is closed may send SIGHUP twice: once by its shell, once by the kernel.
      if (name !== 'SIGHUP') process.exit(new Stopped(name).exitCode);
      return;
    }
    stderr.write(`${name}: finishing what is under way; once more stops at once\n`);
    controller.abort(new Stopped(name));
    over.abort(controller.signal.reason);
  });
}
surviveClosedTerminal();
ensureHomeFolder();
const stdout = new AnswerStream(process.stdout as Output, over.signal);
// What could not be written to stderr can be told to nobody.
process.stderr.on('error', () => {});
unblockTerminals(stdout);
guardOutput(process.stderr, 'messages');
// Node.js would write it past the filter of secrets.
process.on('uncaughtException', (error) => {
  void writtenToStderr(`error: this is a bug in regprune\n${error.stack ?? error.message}\n`).then(() => process.exit(EXIT.failed));
});

const code = await runProgram(process.argv.slice(2), {
  stdout,
  stderr: stderr as Output,
  // Only on demand: a process that has touched its input may wait for it.
  get stdin() {
    return process.stdin;
  },
  env: process.env,
  cwd: process.cwd(),
  now: Date.now,
  program: basename(process.argv[1] ?? 'regctl').replace(/\.js$/, ''),
  signal: controller.signal,
  endsIn: (milliseconds) => void setTimeout(() => over.abort(), Math.min(milliseconds, LONGEST_TIMER_MS)).unref(),
});
const isTold = await writtenToStderr('');
if (isTold && !stdout.errored) {
  // process.exit() is not called, because it would cut off what else is to be ended in order.
  process.exitCode = code;
} else {
  // What is left has been waited for long enough.
  const isDone = code === EXIT.done || code === EXIT.planned;
  process.exit(isDone ? (stoppedBy(controller.signal)?.exitCode ?? EXIT.partial) : code);
}

/** Writes a text to stderr and waits until it is written, or until nobody is waited for any more. Answers true if it is written. */
function writtenToStderr(text: string): Promise<boolean> {
  return new Promise((resolve) => {
    const end = untilUnread(over.signal, () => resolve(false));
    process.stderr.write(text, () => {
      end();
      resolve(true);
    });
  });
}
