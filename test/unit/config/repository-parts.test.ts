import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseInParts } from '../../../src/documents/repository-parts.ts';

/** The document put together again. */
function inParts(text: string): unknown {
  const { value, repositories } = parseInParts(Buffer.from(text));
  const all = [...repositories];
  const hasList = typeof value === 'object' && value !== null && Array.isArray((value as { repositories?: unknown }).repositories);
  if (hasList) (value as { repositories: unknown }).repositories = all;
  return value;
}

/** What a text says, or that it is no JSON. */
function outcome(parse: (text: string) => unknown, text: string): unknown {
  try {
    return { value: parse(text) };
  } catch (error) {
    expect(error).toBeInstanceOf(SyntaxError);
    return 'not JSON';
  }
}

const expectSame = (text: string): void => {
  expect(outcome(inParts, text)).toEqual(outcome(JSON.parse, text));
};

describe('a document that is parsed in parts says the same as one that is parsed at once', () => {
  test.each([
    '{"repositories":[{"a":1},{"b":{"repositories":[{"c":2}]}}],"kind":"Inventory"}',
    ' { "kind" : "Inventory" , "repositories" : [ { "a" : "}]{[" } , 5 , null , [ { "b" : 1 } ] , "{}" , {} ] } ',
    '{"repositories":[{"a":"\\"}"},{"b":"\\\\"},{"c":"\\\\\\""}]}',
    '{"repositories":[{"a":"é€😀\\ud83d"}],"ü":"repositories"}',
    '{"r\\u0065positories":[{"a":1}]}',
    '{"repositories":[{"a":1}],"repositories":[{"b":1},{"c":1}]}',
    '{"repositories":[{"a":1}],"r\\u0065positories":[{"b":1}]}',
    '{"repositories":[{"a":1}],"repositories":7}',
    '{"repositories":[{"a":1}],"repositories":{"b":[{"c":1}]}}',
    '{"a":"repositories","b":[{"c":1}]}',
    '["repositories",[{"a":1}]]',
    '[{"repositories":[{"a":1}]}]',
    '{"a":{"repositories":[{"b":1}]}}',
    '{"repositories":[]}',
    '{"repositories":[{"__proto__":{"a":1}}],"__proto__":{"repositories":[{"b":1}]}}',
    '"repositories"',
    'null',
    '',
    '{"repositories":[{"a":1}5]}',
    '{"repositories":[5{"a":1}]}',
    '{"repositories":[{"a":1}{"b":1}]}',
    '{"repositories":[{"a":1},]}',
    '{"repositories":[{"a":1]}',
    '{"repositories":[{"a":1}],}',
    '{"repositories":[{"a":1}]}{"repositories":[{"b":1}]}',
    '{"repositories":[{"a":1}]',
    '{"repositories":[{"a":"',
    '{"repositories":[{"a":"\\',
    '{"repositories"[{"a":1}]}',
    '{"repositories":[[}]{]}',
    '{"repositories":[{"a":01}]}',
    '{"\\x":[{"a":1}]}',
  ])('%s', expectSame);

  const key = fc.oneof({ arbitrary: fc.constant('repositories'), weight: 3 }, fc.string({ maxLength: 3 }));
  const repositories = fc.array(
    fc.oneof({ arbitrary: fc.dictionary(key, fc.jsonValue({ maxDepth: 2 })), weight: 3 }, fc.jsonValue({ maxDepth: 2 })),
    { maxLength: 4 },
  );
  const text = fc
    .tuple(fc.dictionary(key, fc.oneof(repositories, fc.jsonValue({ maxDepth: 2 }))), fc.constantFrom(undefined, 1, '\t'))
    .map(([document, space]) => JSON.stringify(document, null, space));

  test('any document', () => {
    fc.assert(fc.property(text, expectSame), { numRuns: 200 });
  });

  test('and is refused where it is: a document with a character taken out, put in or doubled', () => {
    const characters = fc.constantFrom(...'{}[]",:\\ 0a');
    const spoilt = fc.tuple(text, fc.nat(), fc.nat({ max: 2 }), characters).map(([whole, at, length, character]) => {
      const place = at % (whole.length + 1);
      return whole.slice(0, place) + character + whole.slice(place + length);
    });
    fc.assert(fc.property(spoilt, expectSame), { numRuns: 500 });
  });
});

test('a byte order mark is not part of the text', () => {
  expect(inParts('\ufeff{"repositories":[{"a":1}]}')).toEqual({ repositories: [{ a: 1 }] });
});

test('a repository is parsed when its turn comes', () => {
  const [first] = parseInParts(Buffer.from('{"repositories":[{"a":1},{"a":01}]}')).repositories;
  expect(first).toEqual({ a: 1 });
});
