import type { ChangeGuard } from '../diagnostics/change-guard.ts';
import type { Activity } from './activity.ts';
import type { Io } from './io.ts';

/** What every command works with, whatever it is asked. */
export interface Context {
  readonly io: Io;
  /** The version of this program. */
  readonly version: string;
  /** What the run is doing. */
  readonly activity: Activity;
  /** Decides whether requests to registries that may change something still go out. */
  readonly changes: ChangeGuard;
}

/** What every command may be asked. */
export interface GlobalOptions {
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  /** False under `--no-color`. */
  readonly color: boolean;
}
