import { Writable } from 'node:stream';
import { redact } from '../diagnostics/redact.ts';
import { type Message, messageInText } from './message.ts';

/**
 * A stream of messages that writes each as a line of JSON, with its time, level and text, and the code, registry and repository that it is
 * about where these are known. A text that is written to it is one message.
 */
export class JsonMessages extends Writable {
  readonly #stream: Writable;
  readonly #now: () => number;
  /** True if somebody is there to answer a question. It has no width, so that no moving line is shown on it. */
  readonly isTTY: boolean;

  constructor(stream: Writable & { readonly isTTY?: boolean }, now: () => number) {
    super({ decodeStrings: false });
    this.#stream = stream;
    this.#now = now;
    this.isTTY = stream.isTTY === true;
  }

  tell(message: Message): void {
    this.#stream.write(redact(`${JSON.stringify({ time: new Date(this.#now()).toISOString(), ...message })}\n`));
  }

  override _write(text: string | Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    const message = messageInText(String(text));
    if (message.message !== '') this.tell(message);
    done();
  }
}
