import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';

/** What a process did. */
export interface Ended {
  /** Undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

const alive = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/**
 * Starts a process without standard input; it does not outlive the tests. `onStderr` gets all that it has written there so far, whenever
 * there is more.
 */
export function startProcess(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
  onStderr?: (text: string) => void,
): Running {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  alive.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    onStderr?.(stderr);
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      alive.delete(child);
      resolve({ code: code ?? undefined, stdout, stderr });
    });
  });
  return { child, ended };
}

/** Runs a process to its end, whatever that is. */
export function runProcess(command: string, args: readonly string[], options?: SpawnOptions): Promise<Ended> {
  return startProcess(command, args, options).ended;
}

/** Runs a process that must succeed. Answers its standard output; throws an error with all that it wrote otherwise. */
export async function mustRun(command: string, args: readonly string[], options?: SpawnOptions): Promise<string> {
  const { code, stdout, stderr } = await runProcess(command, args, options);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${stderr}${stdout}`);
  return stdout;
}
