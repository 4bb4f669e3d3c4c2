import { makeSource, type Source } from '../diagnostics/source.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Io } from './io.ts';

/** What standard input is called in messages. */
export const STDIN = 'stdin';
/** Bytes; what a person writes is never so long. */
const LONGEST = 10 * 1024 * 1024;

/** All of standard input, where `-` stands for a file of `what`. Throws `FILE` where it does not end. */
export async function standardInput({ stdin }: Io, what: string): Promise<Source> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stdin as AsyncIterable<Buffer | string>) {
    chunks.push(Buffer.from(chunk));
    length += chunk.length;
    if (length > LONGEST)
      throw new ToolError('FILE', `${STDIN}: the ${what} is longer than 10 MiB.`, { hint: 'Give a file in its place.' });
  }
  return makeSource(
    STDIN,
    Buffer.concat(chunks)
      .toString('utf8')
      .replace(/^\uFEFF/, ''),
  );
}
