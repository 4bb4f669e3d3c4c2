import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { writeAnswer } from '../../../src/run/answer.ts';
import type { Io } from '../../../src/run/io.ts';

test('an answer in many parts leaves no listener on a reader that takes them one by one', async () => {
  let written = '';
  const stdout = new Writable({
    highWaterMark: 1,
    write(chunk: Buffer, _encoding, done) {
      written += chunk.toString();
      setImmediate(done);
    },
  });
  const listeners = (): number[] => ['drain', 'close', 'error'].map((event) => stdout.listenerCount(event));
  const before = listeners();

  await writeAnswer(
    { stdout } as unknown as Io,
    Array.from({ length: 100 }, (_, index) => `${index},`),
  );

  expect(written.split(',')).toHaveLength(101);
  expect(listeners()).toEqual(before);
});
