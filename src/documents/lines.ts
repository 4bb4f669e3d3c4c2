/** A line of text and its number, from 1. */
export interface Line {
  readonly text: string;
  readonly number: number;
}

/**
 * Splits UTF-8 into its lines that are not blank, however long. At line feeds alone: `node:readline` also splits at U+2028, which may
 * stand in a JSON text as it is. Throws `TypeError` for bytes that are not UTF-8.
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let pieces: Uint8Array[] = [];
  let number = 0;
  const finish = (last: Uint8Array): Line | undefined => {
    const text = decoder.decode(Buffer.concat([...pieces, last])).trim();
    pieces = [];
    number += 1;
    return text === '' ? undefined : { text, number };
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      const line = finish(chunk.subarray(start, end));
      start = end + 1;
      if (line) yield line;
    }
    if (start < chunk.length) pieces.push(chunk.subarray(start));
  }
  const line = finish(new Uint8Array());
  if (line) yield line;
}
