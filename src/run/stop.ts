/** How a run ends that was stopped by a signal: 128 and the signal's number, as shells count. */
const SIGNAL_EXIT = { SIGINT: 130, SIGTERM: 143 } as const;

/** The reason that a run's signal is aborted with. Its name is that of every abort, so that no one takes it for a failure. */
export class Stopped extends Error {
  readonly exitCode: number;

  constructor(by: keyof typeof SIGNAL_EXIT) {
    super(`stopped by ${by}`);
    this.name = 'AbortError';
    this.exitCode = SIGNAL_EXIT[by];
  }
}

/** Why the run was told to stop; undefined while it was not. */
export function stoppedBy(signal: AbortSignal): Stopped | undefined {
  return signal.aborted && signal.reason instanceof Stopped ? signal.reason : undefined;
}
