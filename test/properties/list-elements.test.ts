import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteWindow } from '../../src/documents/byte-window.ts';
import { listElements } from '../../src/documents/list-elements.ts';

const LONG = 1000;
const awkward = fc.constantFrom('', 'list', '"list":[', '"', '\\', '\\"', ']', '}],[{', 'é😀', ',', ' ');
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    awkward,
    fc.integer(),
    fc.constant(null),
    fc.array(tie('value')),
    fc.dictionary(awkward, tie('value')),
  ),
})).value;
const others = fc.dictionary(
  awkward.map((text) => `${text}.`),
  value,
  { maxKeys: 3 },
);

/** The document put together again from what it was taken apart into. */
function again(text: string, sizes: { readonly window: number; readonly stretch: number }): unknown {
  const bytes = Buffer.from(text);
  // A new buffer each time, as where the bytes that were read before do not hold any more.
  const window = new ByteWindow(bytes.length, (start, end) => Buffer.from(bytes.subarray(start, end)), sizes.window);
  const parts = listElements(window, 'list', LONG * LONG, sizes.stretch);
  const elements: unknown[] = [];
  for (;;) {
    const part = parts.next();
    const parsed: unknown = JSON.parse(part.value);
    if (!part.done) elements.push(parsed);
    else return elements.length > 0 ? { ...(parsed as object), list: elements } : parsed;
  }
}

test('what a document is taken apart into is the document, wherever a stretch of bytes ends', () => {
  const sizes = fc.record({ window: fc.integer({ min: 1, max: 50 }), stretch: fc.integer({ min: 1, max: 50 }) });
  const list = fc.oneof({ weight: 4, arbitrary: fc.array(value) }, { weight: 1, arbitrary: value });
  fc.assert(
    fc.property(others, fc.option(list, { nil: undefined }), others, fc.constantFrom(0, 2), sizes, (before, it, after, spaces, given) => {
      const document = { ...before, list: it, ...Object.fromEntries(Object.entries(after).map(([key, one]) => [`${key}.`, one])) };
      const text = JSON.stringify(document, null, spaces);
      expect(again(text, given)).toEqual(JSON.parse(text));
    }),
  );
});

test.each([
  ['{"list":[1],"list":[2]}', SyntaxError],
  [`{"list":["${'x'.repeat(LONG)}"]}`, Error],
  [`{"other":"${'x'.repeat(LONG)}`, Error],
])('it throws for %.20s', (text, error) => {
  const parts = listElements(ByteWindow.over(Buffer.from(text)), 'list', LONG, 7);
  expect(() => [...parts]).toThrow(error);
});
