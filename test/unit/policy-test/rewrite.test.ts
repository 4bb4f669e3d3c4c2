import { expect, test } from 'vitest';
import { rewrite } from '../../../src/policy-test/rewrite.ts';

const CASE = `cases:
  - name: one   # why
    images: {v1: 1d}
    # what is expected
    expect:
      v1: keep # because
      v2:   [keep,  newest]
  - {name: two, expect: {a: keep}}
  - name: three
    images:
      v1: 1d

# the end
`;

test('puts expectations in place of others, and adds what is not there, and leaves all else as it is', () => {
  const at = (index: number, name: string) => ['cases', index, 'expect', name];
  const text = rewrite(
    CASE,
    [
      { path: at(0, 'v1'), value: ['delete'] },
      { path: at(0, 'v2'), value: ['delete', 'expired'] },
      { path: at(0, '1.10'), value: ['untag'] },
      { path: at(1, 'b'), value: ['delete'] },
      { path: at(2, 'v1'), value: ['delete'] },
      { path: at(2, 'v0'), value: ['delete', 'expired'] },
    ],
    'x.test.yaml',
  );

  expect(text).toBe(`cases:
  - name: one   # why
    images: {v1: 1d}
    # what is expected
    expect:
      v1: delete # because
      v2:   [delete, expired]
      "1.10": untag
  - {name: two, expect: {a: keep, b: delete}}
  - name: three
    images:
      v1: 1d
    expect:
      v1: delete
      v0: [delete, expired]

# the end
`);
});

test('a list over several lines is replaced whole', () => {
  const text = 'expect:\n  v1:\n    - keep\n    - newest\n\n  # of v2\n  v2: keep\n';
  expect(rewrite(text, [{ path: ['expect', 'v1'], value: ['delete'] }], 'x.test.yaml')).toBe(
    'expect:\n  v1:\n    delete\n\n  # of v2\n  v2: keep\n',
  );
});

test('a JSON file stays one, and a list stays a list', () => {
  const text = '{\n  "images": {\n    "v1": ["keep"]\n  }\n}\n';
  const entries = [
    { path: ['images', 'v1'], value: ['delete'] },
    { path: ['images', 'v2'], value: ['untag', 'expired'] },
  ];
  expect(rewrite(text, entries, 'expected.json')).toBe('{\n  "images": {\n    "v1": ["delete"],\n    "v2": ["untag", "expired"]\n  }\n}\n');
});

test('what stands for several cases at once is not rewritten for one of them', () => {
  const text = 'cases:\n  - {name: a, expect: &all {v1: keep}}\n  - {name: b, expect: *all}\n';
  expect(() => rewrite(text, [{ path: ['cases', 1, 'expect', 'v1'], value: ['delete'] }], 'x.test.yaml')).toThrow(
    'x.test.yaml: its expectations are written in a form that cannot be rewritten',
  );
  expect(() => rewrite(text, [{ path: ['cases', 0, 'expect', 'v1'], value: ['delete'] }], 'x.test.yaml')).toThrow('cannot be rewritten');
});
