import { setMaxListeners } from 'node:events';
import { basename } from 'node:path';
import type { Output } from '../run/io.ts';
import { runProgram } from './program.ts';
import { Stopped } from '../run/stop.ts';

const controller = new AbortController();
// Every request under way listens to it.
setMaxListeners(0, controller.signal);
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  // The handler is always set: for the first process of a container, Node.js would ignore SIGTERM.
  process.on(name, () => {
    if (controller.signal.aborted) process.exit(new Stopped(name).exitCode);
    process.stderr.write(`${name}: finishing what is under way; once more stops at once\n`);
    controller.abort(new Stopped(name));
  });
}

// The reader of our output may stop reading. That is no reason to stop, least of all between two deletions.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

// process.exit() is not called, because it would cut off what a pipe has not taken yet.
process.exitCode = await runProgram(process.argv.slice(2), {
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
