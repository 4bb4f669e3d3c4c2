import { setMaxListeners } from 'node:events';
import { basename } from 'node:path';
import { EXIT } from '../diagnostics/exit-codes.ts';
import { guardOutput } from '../diagnostics/guard-output.ts';
import type { Output } from '../run/io.ts';
import { JsonMessages } from '../run/json-messages.ts';
import { Stopped } from '../run/stop.ts';
import { surviveClosedTerminal } from './closed-terminal.ts';
import { ensureHomeFolder } from './home-folder.ts';
import { watchOutput } from './output-failure.ts';
import { runProgram } from './program.ts';

/** Found out before the command line is parsed, because its mistakes are messages too. */
const asksForJson = /(?:^|\n)--log-format(?:=|\n)json(?:\n|$)/.test(process.argv.join('\n'));
const stderr = asksForJson ? new JsonMessages(process.stderr, Date.now) : process.stderr;
const controller = new AbortController();
// Every request under way listens to it.
setMaxListeners(0, controller.signal);
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
  });
}
surviveClosedTerminal();
ensureHomeFolder();
guardOutput(process.stderr, 'messages');
// Node.js would write it past the filter of secrets.
process.on('uncaughtException', (error) => {
  process.stderr.write(`error: this is a bug in regprune\n${error.stack ?? error.message}\n`, () => process.exit(EXIT.failed));
});

const stdoutFailure = watchOutput(process.stdout);
// What could not be written to stderr can be told to nobody.
watchOutput(process.stderr);

const code = await runProgram(process.argv.slice(2), {
  stdout: process.stdout as Output,
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
});
const failure = await stdoutFailure();
if (failure) {
  stderr.write(
    `error: cannot write to standard output: ${failure.message}\nhint: Make room, or write the answer to another place with --out.\n`,
  );
}
// process.exit() is not called, because it would cut off what a pipe has not taken yet.
process.exitCode = failure && (code === EXIT.done || code === EXIT.planned) ? EXIT.failed : code;
