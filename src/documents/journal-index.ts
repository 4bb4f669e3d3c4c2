import { repositoryKey } from '../domain/repository-key.ts';
import { type StepOutcome, STEP_OUTCOMES } from '../domain/step-outcome.ts';
import { must } from './document-problem.ts';
import type { Place } from './journal.ts';
import type { JournalLine, JournalLines } from './journal-lines.ts';

/** Where a line stands: its first byte, and its bytes without the line break. */
export interface LinePlace {
  readonly offset: number;
  readonly length: number;
}

/** Where the lines of one repository stand. */
interface PlaceLines {
  readonly place: Place;
  /** Their numbers, from 0, over all repositories. */
  readonly intents: number[];
  readonly steps: LinePlace[];
  readonly copies: LinePlace[];
}

/**
 * Where each line of a journal stands, and what became of each intent: about a hundred bytes of memory for a deletion, whose line may have
 * several thousand.
 */
export class JournalIndex {
  /** Of each intent, in the order of their lines. */
  readonly #offsets: number[] = [];
  readonly #lengths: number[] = [];
  /** By their place in the list of outcomes, plus one; 0 where there is none. */
  readonly #outcomes: number[] = [];
  /** From the number that a journal gives an intent. */
  readonly #numbers = new Map<number, number>();
  readonly #byPlace = new Map<string, PlaceLines>();
  readonly #begun: Place[] = [];
  readonly #planned: Place[] = [];
  readonly #copies: LinePlace[] = [];

  /** Where changes were begun, in the order of the first of each. */
  get places(): readonly Place[] {
    return this.#begun;
  }

  /** Where changes were going to be made, in order. */
  get planned(): readonly Place[] {
    return this.#planned;
  }

  /** How many intents there are. */
  get intents(): number {
    return this.#offsets.length;
  }

  /** Checks a line behind the header, and notes where it stands. Throws {@link import('./document-problem.ts').DocumentProblem}. */
  take(line: JournalLine, lines: JournalLines, at: LinePlace): void {
    const { kind } = line.object;
    if (kind === 'intent') this.#takeIntent(line, lines, at);
    else if (kind === 'outcome') this.#takeOutcome(line, lines);
    else if (kind === 'copy') {
      this.#of(lines.copy(line)).copies.push(at);
      this.#copies.push(at);
    } else if (kind === 'steps') {
      const { registry, repository } = lines.steps(line);
      const { place, steps } = this.#of({ registry, repository });
      if (steps.length === 0) this.#planned.push(place);
      steps.push(at);
    } else lines.other(line);
  }

  /** The numbers of the intents of one place. */
  intentsOf(place: Place): readonly number[] {
    return this.#byPlace.get(repositoryKey(place))?.intents ?? [];
  }

  intentAt(number: number): LinePlace {
    return { offset: this.#offsets[number] as number, length: this.#lengths[number] as number };
  }

  /** What became of an intent; undefined where the run ended before it knew. */
  outcomeOf(number: number): StepOutcome | undefined {
    return STEP_OUTCOMES[(this.#outcomes[number] as number) - 1];
  }

  stepsOf(place: Place): readonly LinePlace[] {
    return this.#byPlace.get(repositoryKey(place))?.steps ?? [];
  }

  copiesOf(place?: Place): readonly LinePlace[] {
    return place ? (this.#byPlace.get(repositoryKey(place))?.copies ?? []) : this.#copies;
  }

  #takeIntent(line: JournalLine, lines: JournalLines, { offset, length }: LinePlace): void {
    const { id } = line.object;
    must(typeof id === 'number' && Number.isSafeInteger(id) && !this.#numbers.has(id), 'id', 'is not a new number');
    const intent = lines.intent(line);
    lines.manifest(line, intent);
    const { place, intents } = this.#of(intent);
    if (intents.length === 0) this.#begun.push(place);
    const number = this.#offsets.length;
    intents.push(number);
    this.#numbers.set(id, number);
    this.#offsets.push(offset);
    this.#lengths.push(length);
    this.#outcomes.push(0);
  }

  #takeOutcome(line: JournalLine, lines: JournalLines): void {
    const number = this.#numbers.get(line.object['id'] as number);
    must(number !== undefined && this.#outcomes[number] === 0, 'id', 'does not name an intent that has no outcome yet');
    this.#outcomes[number] = STEP_OUTCOMES.indexOf(lines.outcome(line)) + 1;
  }

  #of({ registry, repository }: Place): PlaceLines {
    const key = repositoryKey({ registry, repository });
    let lines = this.#byPlace.get(key);
    if (!lines) this.#byPlace.set(key, (lines = { place: { registry, repository }, intents: [], steps: [], copies: [] }));
    return lines;
  }
}
