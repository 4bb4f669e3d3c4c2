/** As long as an answer is waited for from a host that gave none before; such a request is sent once. */
export const SILENT_HEADERS_MS = 10_000;
/** So many requests in a row, one after the other, that got no answer in time make a host a silent one. */
const SILENT_AFTER = 2;

/**
 * Remembers that a host takes connections and answers nothing, so that the next requests do not wait as long for it once more: a run over
 * forty repositories would wait forty times. Requests side by side that get no answer count once, and any answer ends the silence.
 */
export class HostSilence {
  #unanswered = 0;
  #countedAt = -Infinity;

  get isSilent(): boolean {
    return this.#unanswered >= SILENT_AFTER;
  }

  answered(): void {
    this.#unanswered = 0;
  }

  /** There was no answer in time to a request. `sentAt` and `now` are milliseconds of the same clock. */
  timedOut(sentAt: number, now: number): void {
    if (sentAt < this.#countedAt) return;
    this.#unanswered += 1;
    this.#countedAt = now;
  }
}
