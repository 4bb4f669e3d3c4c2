import { type Dispatcher, errors } from 'undici';
import type { Arriving } from './http-client.ts';

/** Bytes that may wait for their reader: with more than this the sender is told to wait, and with less than half of it to go on. */
const MOST_WAITING = 1024 * 1024;

/** Hands the body of an answer over as it arrives, and holds back only as much of it as the reader is behind. */
export class ArrivingBody implements Arriving {
  readonly #controller: Dispatcher.DispatchController;
  readonly #waiting: Uint8Array[] = [];
  #bytes = 0;
  #ended = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(controller: Dispatcher.DispatchController) {
    this.#controller = controller;
  }

  push(chunk: Uint8Array): void {
    this.#waiting.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > MOST_WAITING) this.#controller.pause();
    this.#wake?.();
  }

  /** After the last chunk, or after what went wrong before it. */
  end(error?: Error): void {
    this.#ended = true;
    this.#error ??= error;
    this.#wake?.();
  }

  cancel(): void {
    if (!this.#ended) this.#controller.abort(new errors.RequestAbortedError());
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const chunk = this.#waiting.shift();
      if (chunk) {
        this.#bytes -= chunk.length;
        if (this.#controller.paused && this.#bytes < MOST_WAITING / 2) this.#controller.resume();
        yield chunk;
      } else if (this.#error) throw this.#error;
      else if (this.#ended) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
