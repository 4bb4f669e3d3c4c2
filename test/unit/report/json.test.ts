import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MadeList } from '../../../src/domain/made-list.ts';
import { jsonParts, toJson } from '../../../src/report/json.ts';
import { toYaml } from '../../../src/report/yaml.ts';

test('a document is what JSON.stringify makes of it, whatever is in it, without fields that are undefined', () => {
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 7 }),
    fc.object({ maxDepth: 7, values: [fc.string(), fc.double(), fc.constant(undefined)] }),
  );
  fc.assert(
    fc.property(value, (document) => {
      expect(toJson(document)).toBe(`${JSON.stringify(document, null, 2)}\n`);
    }),
  );
});

test('what may command a terminal is escaped, and a large document comes in parts', () => {
  const document = Array.from({ length: 5000 }, (_, number) => ({ number, text: 'a\u202eb', none: [], list: [{ more: {} }] }));
  const parts = [...jsonParts(document)];
  expect(parts.length).toBeGreaterThan(1);
  expect(parts.join('')).toBe(`${JSON.stringify(document, null, 2).replaceAll('\u202e', '\\u202e')}\n`);
});

test.each([1, 99, 100, 101, 250])('a plan has each of its images once, in order, however many: %i', (count) => {
  const images = Array.from({ length: count }, (_, number) => ({ number, tags: [`v${number}`], none: undefined }));
  const document = { repositories: [{ images, steps: [] }, { images: [undefined, ...images] }] };
  expect(toJson(document)).toBe(`${JSON.stringify(document, null, 2)}\n`);
});

test.each([0, 1, 100, 101, 250])('a list that is made as it is gone through is a list like any other: %i', (count) => {
  const items = Array.from({ length: count }, (_, number) => ({ number, tags: [`v${number}`], none: undefined }));
  const document = (list: unknown): object => ({ items: list, below: { one: { two: { three: { four: list } } } } });
  const made = document(new MadeList(() => items.values()));
  const text = `${JSON.stringify(document(items), null, 2)}\n`;
  expect(toJson(made)).toBe(text);
  expect(toJson(made)).toBe(text);
  expect(toYaml(made)).toBe(toYaml(document(items)));
});
