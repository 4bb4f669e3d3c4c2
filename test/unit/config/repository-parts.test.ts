import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteWindow } from '../../../src/documents/byte-window.ts';
import { type DocumentInParts, parseAtOnce, parseInParts } from '../../../src/documents/repository-parts.ts';
import { SWEEPING } from '../../sweep.ts';

/** The document put together again. */
function whole({ value, repositories }: DocumentInParts): unknown {
  const all = Array.from(repositories, ({ value: repository, manifests }) =>
    manifests === undefined ? repository : { ...(repository as object), manifests: [...manifests].flat() },
  );
  const hasList = typeof value === 'object' && value !== null && Array.isArray((value as { repositories?: unknown }).repositories);
  return hasList ? { ...value, repositories: all } : value;
}

/** A text of which so many bytes are in memory at a time; what was there before is gone. */
function windowOver(text: string, size: number): ByteWindow {
  const bytes = Buffer.from(text);
  let last = Buffer.alloc(0);
  const read = (start: number, end: number): Buffer => {
    last.fill(0);
    last = Buffer.from(bytes.subarray(start, end));
    return last;
  };
  return new ByteWindow(bytes.length, read, size);
}

/** The document from parts of one manifest each or, where that does not go, from the whole. */
function inParts(text: string): unknown {
  try {
    return whole(parseInParts(windowOver(text, 16), 1));
  } catch (error) {
    expect(error).toBeInstanceOf(SyntaxError);
    return whole(parseAtOnce(Buffer.from(text)));
  }
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
    '{"repositories":[{"a":1,"manifests":[{"a":1,"b":[]},{"a":2,"b":[]}]},{"a":2,"manifests":[]},{"a":3}]}',
    '{"repositories":[{"a":1,"manifests":[{"b":1}],"more":[1]},{"a":2,"manifests":[{"b":2}],"complete":false}]}',
    '{"repositories":[{"a":1,"manifests":[{"b":1}],"c":2},{"a":2,"manifests":null,"c":[3]}],"partial":true,"notes":["x"]}',
    '{"repositories":[{"x":{"manifests":[{"b":1}]},"manifests":[]},{"x":{"manifests":[{"b":1}]}}]}',
    '{"repositories":[{"manifests":[{"b":1}],"manifests":[{"b":2}]},{"manifests":[{"b":1}],"m\\u0061nifests":[{"b":2}]}]}',
    '{"repositories":[{"m\\u0061nifests":[{"b":1}],"manifests":[{"b":2}]}]}',
    '{"repositories":[{"a":"},{\\"a\\":1,\\"manifests\\":[","manifests":[{"b":"},{\\"b\\":2"},{"b":3}]}]}',
    '{"repositories":[{"manifests":[{"d":"1","s":2,"b":[{"d":"1","s":2},{"d":"2","s":2}]},{"d":"3","s":2}]}]}',
    '{"repositories":[{"manifests":[{"b":1}{"b":2}]}]}',
    '{"repositories":[{"manifests":[{"b":1},,{"b":2}]}]}',
    '{"repositories":[{"manifests":[{"b":1},{"b":2},]}]}',
    '{"repositories":[{"manifests":[{"b":1}],}]}',
    '{"repositories":[{"manifests":[{"b":1}]]}',
    '{"repositories":[{"manifests":[{"b":1}]},{"manifests":[{"b":01}]}]}',
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
  const manifests = fc.array(fc.dictionary(fc.constantFrom('digest', 'size', 'manifests', 'x'), fc.jsonValue({ maxDepth: 2 })), {
    maxLength: 4,
  });
  const repository = fc.record(
    { registry: fc.string({ maxLength: 3 }), manifests, x: fc.jsonValue({ maxDepth: 2 }) },
    { requiredKeys: [] },
  );
  const repositories = fc.array(
    fc.oneof({ arbitrary: repository, weight: 3 }, fc.dictionary(key, fc.jsonValue({ maxDepth: 2 })), fc.jsonValue({ maxDepth: 2 })),
    { maxLength: 4 },
  );
  const text = fc
    .tuple(fc.dictionary(key, fc.oneof(repositories, fc.jsonValue({ maxDepth: 2 }))), fc.constantFrom(undefined, 1, '\t'))
    .map(([document, space]) => JSON.stringify(document, null, space));

  test('any document', () => {
    fc.assert(fc.property(text, expectSame), { numRuns: SWEEPING ? 200 : 80 });
  });

  test('and is refused where it is: a document with a character taken out, put in or doubled', () => {
    const characters = fc.constantFrom(...'{}[]",:\\ 0a');
    const spoilt = fc.tuple(text, fc.nat(), fc.nat({ max: 2 }), characters).map(([whole, at, length, character]) => {
      const place = at % (whole.length + 1);
      return whole.slice(0, place) + character + whole.slice(place + length);
    });
    fc.assert(fc.property(spoilt, expectSame), { numRuns: SWEEPING ? 500 : 200 });
  });
});

test('a byte order mark is not part of the text', () => {
  expect(inParts('\ufeff{"repositories":[{"a":1}]}')).toEqual({ repositories: [{ a: 1 }] });
});

describe('what is usual comes in parts', () => {
  const manifest = (n: number): object => ({
    digest: `sha256:${n}`,
    size: n,
    blobs: [
      { digest: `sha256:${n}`, bytes: 1 },
      { digest: 'x', bytes: 2 },
    ],
  });
  const repository = (n: number): object => ({
    registry: 'r',
    repository: `team/${n}`,
    manifests: [manifest(n), manifest(n + 1)],
    notes: 'n',
  });
  const document = { kind: 'Inventory', repositories: [repository(1), repository(3)], partial: true };

  test.each([undefined, 2])('written with %j spaces', (space) => {
    const text = JSON.stringify(document, null, space);
    for (const size of [1, 50, 1000]) expect(whole(parseInParts(windowOver(text, size), 1))).toEqual(document);
    expect(whole(parseInParts(ByteWindow.over(Buffer.from(text))))).toEqual(document);
  });

  test('each part is parsed when its turn comes', () => {
    const text = JSON.stringify(document).replace('"size":2', '"size":02');
    const [first] = parseInParts(windowOver(text, 16), 1).repositories;
    const read: unknown[] = [];
    expect(() => {
      for (const some of first?.manifests ?? []) read.push(...some);
    }).toThrow(SyntaxError);
    expect(read).toEqual([manifest(1)]);
  });
});
