import type { Context } from '../run/context.ts';
import type { Io } from '../run/io.ts';

/** What the definition of a command is handed: what carries it out works with the {@link Context} of it alone. */
export interface CommandContext extends Context {
  /** The words after the program's name, as given. */
  readonly argv: readonly string[];
  /** Tells the exit code. */
  readonly end: (code: number) => void;
  /** Runs another command line of this program and answers its exit code. */
  readonly runProgram: (argv: readonly string[], io: Io) => Promise<number>;
}
