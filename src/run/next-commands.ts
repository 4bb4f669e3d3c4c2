/** The command lines that may follow a command, as its reader types them. */
export interface NextCommands {
  /**
   * Carries out the plan that is shown. Absent if no command line does. `registries` are those that have to be named again because no
   * config names them: only then do they get the credentials of the environment.
   */
  readonly apply?: (registries: readonly string[]) => string;
  /** Puts back what is in a journal. */
  readonly undo: (journal: string, registries: readonly string[]) => string;
}
