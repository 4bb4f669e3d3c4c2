/** The exit code of a run that was stopped by a signal: 128 and the number of the signal, as shells count. */
const SIGNAL_EXIT = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** The reason with which the signal of a run is aborted. Its name is that of every abort, so that no code takes it for a failure. */
export class Stopped extends Error {
  readonly exitCode: number;

  constructor(by: keyof typeof SIGNAL_EXIT) {
    super(`stopped by ${by}`);
    this.name = 'AbortError';
    this.exitCode = SIGNAL_EXIT[by];
  }
}

/** Why the run was stopped; undefined if it was not. */
export function stoppedBy(signal: AbortSignal): Stopped | undefined {
  return signal.aborted && signal.reason instanceof Stopped ? signal.reason : undefined;
}
