/** A document is not as it must be. The message names the place, and may stand in an error. */
export class DocumentProblem extends Error {}

/** Throws {@link DocumentProblem}, with the place and what is wrong there; a reporter for {@link import('./fields.ts').Fields}. */
export function throwProblem(where: string, what: string): never {
  throw new DocumentProblem(where === '' ? what : `${where}: ${what}`);
}

/**
 * Throws {@link DocumentProblem} unless something holds. `where` names the place (`repositories[0].steps[3]`), and `problem` goes
 * on from it.
 */
export function must(holds: boolean, where: string, problem: string): asserts holds {
  if (!holds) throw new DocumentProblem(`${where} ${problem}`);
}
