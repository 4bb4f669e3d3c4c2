import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { flushOutput, guardOutput } from '../../../src/diagnostics/guard-output.ts';
import { rememberSecret } from '../../../src/diagnostics/redact.ts';

function stream(): { readonly to: Writable; readonly text: () => string } {
  let text = '';
  const to = new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  return { to, text: () => text };
}

test('what is written to a stream has no secret in it, whoever writes it, and however often it is guarded', async () => {
  rememberSecret('stream-word');
  rememberSecret('pin4');
  const [answer, messages] = [stream(), stream()];
  for (let times = 0; times < 2; times++) {
    guardOutput(answer.to, 'answer');
    guardOutput(messages.to, 'messages');
  }
  answer.to.write('one stream-');
  answer.to.write(Buffer.from('word, pin4, stre'));
  await new Promise<void>((done) => messages.to.write('stream-word and pin4\n', () => done()));
  expect(answer.text()).toBe('one ***, pin4, ');
  expect(messages.text()).toBe('*** and ***\n');
  flushOutput(answer.to);
  expect(answer.text()).toBe('one ***, pin4, stre');
});

test('a character of several bytes that begins in one chunk and ends in the next is written as it is', () => {
  const [answer, messages] = [stream(), stream()];
  guardOutput(answer.to, 'answer');
  guardOutput(messages.to, 'messages');
  for (const { to } of [answer, messages]) for (const byte of Buffer.from('größer 日本 🎉 ')) to.write(Buffer.from([byte]));
  expect([answer.text(), messages.text()]).toEqual(['größer 日本 🎉 ', 'größer 日本 🎉 ']);
});
