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

/** What a document is taken apart into: the texts of the elements, and that of the rest. */
function apart(text: string, sizes: { readonly window: number; readonly stretch: number }) {
  const bytes = Buffer.from(text);
  // A new buffer each time, as where the bytes that were read before do not hold any more.
  const window = new ByteWindow(bytes.length, (start, end) => Buffer.from(bytes.subarray(start, end)), sizes.window);
  const parts = listElements(window, 'list', LONG * LONG, sizes.stretch);
  const elements: string[] = [];
  for (;;) {
    const part = parts.next();
    if (part.done) return { elements, rest: part.value };
    elements.push(part.value);
  }
}

/**
 * By their texts: `JSON.parse` of Node.js 24 to 26 can take the raw text of a short key with an escape for the key, where an object before
 * it had a key of just that text, so that {"a":0,"\\n":1} comes back with a backslash for its second key.
 */
test('what a document is taken apart into is the document, wherever a stretch of bytes ends', () => {
  const sizes = fc.record({ window: fc.integer({ min: 1, max: 50 }), stretch: fc.integer({ min: 1, max: 50 }) });
  const list = fc.oneof({ weight: 4, arbitrary: fc.array(value) }, { weight: 1, arbitrary: value });
  fc.assert(
    fc.property(others, fc.option(list, { nil: undefined }), others, fc.constantFrom(0, 2), sizes, (before, it, after, spaces, given) => {
      const document = { ...before, list: it, ...Object.fromEntries(Object.entries(after).map(([key, one]) => [`${key}.`, one])) };
      const text = JSON.stringify(document, null, spaces);
      const { elements, rest } = apart(text, given);
      expect(elements).toHaveLength(Array.isArray(it) ? it.length : 0);
      for (const part of [...elements, rest]) expect(() => JSON.parse(part) as unknown).not.toThrow();
      const joined = elements.join(',');
      const wholes = Array.from({ length: rest.length + 1 }, (_, at) => rest.slice(0, at) + joined + rest.slice(at));
      expect(wholes).toContain(text);
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
