import type { Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { DocumentFilter, redact } from './redact.ts';

/** Writes what a guarded stream of an answer has held back. */
const flushes = new WeakMap<Writable, () => void>();

/**
 * From now on, whatever anybody writes to the stream goes through the filter of known secrets. `answer`: documents and reports, which may
 * come in parts; it must be flushed at the end. `messages`: each is written as a whole.
 */
export function guardOutput(stream: Writable, kind: 'answer' | 'messages'): void {
  if (flushes.has(stream)) return;
  const write = stream.write.bind(stream) as (text: string, ...rest: unknown[]) => boolean;
  const filter = new DocumentFilter();
  const clean = kind === 'messages' ? redact : (text: string): string => filter.push(text);
  // A character of several bytes may begin in one chunk and end in the next.
  const decoder = new StringDecoder('utf8');
  stream.write = (chunk: Uint8Array | string, ...rest: unknown[]) =>
    write(clean(typeof chunk === 'string' ? chunk : decoder.write(Buffer.from(chunk))), ...rest);
  flushes.set(stream, () => {
    const rest = clean(decoder.end()) + filter.end();
    if (rest !== '') write(rest);
  });
}

/** Writes what was held back because it might have been the beginning of a secret. */
export function flushOutput(stream: Writable): void {
  flushes.get(stream)?.();
}
