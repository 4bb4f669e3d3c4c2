import { setMaxListeners } from 'node:events';
import { basename } from 'node:path';
import { EXIT } from '../diagnostics/exit-codes.ts';
import type { Output } from '../run/io.ts';
import { Stopped } from '../run/stop.ts';
import { surviveClosedTerminal } from './closed-terminal.ts';
import { ensureHomeFolder } from './home-folder.ts';
import { watchOutput } from './output-failure.ts';
import { runProgram } from './program.ts';

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
    process.stderr.write(`${name}: finishing what is under way; once more stops at once\n`);
    controller.abort(new Stopped(name));
  });
}
surviveClosedTerminal();
ensureHomeFolder();

const stdoutFailure = watchOutput(process.stdout);
// What could not be written to stderr can be told to nobody.
watchOutput(process.stderr);

const code = await runProgram(process.argv.slice(2), {
  stdout: process.stdout as Output,
  stderr: process.stderr as Output,
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
  process.stderr.write(
    `error: cannot write to standard output: ${failure.message}\nhint: Make room, or write the answer to another place with --out.\n`,
  );
}
// process.exit() is not called, because it would cut off what a pipe has not taken yet.
process.exitCode = failure && (code === EXIT.done || code === EXIT.planned) ? EXIT.failed : code;
