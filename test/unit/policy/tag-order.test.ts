import { describe, expect, test } from 'vitest';
import { type Order, ORDERS } from '../../../src/policy/ordering/order.ts';
import { tagOrder } from '../../../src/policy/ordering/tag-order.ts';

/** The tags from the lowest to the highest; every two are compared both ways. */
function expectAscending(name: Order, tags: readonly string[]): void {
  const order = tagOrder(name);
  if (!order) throw new Error(`${name} reads no tag`);
  const compare = (a: string, b: string): number => Math.sign(order.compare(order.parse(a), order.parse(b)));
  tags.forEach((a, i) => {
    tags.forEach((b, j) => {
      expect(compare(a, b), `${a} and ${b}`).toBe(Math.sign(i - j));
    });
  });
}

function parses(name: Order, tag: string): boolean {
  return tagOrder(name)?.parse(tag) !== undefined;
}

test.each(ORDERS)('%s', (name) => {
  expect(tagOrder(name) !== undefined).toBe(['semver', 'numeric', 'alphabetical'].includes(name));
});

describe('semver', () => {
  test('by precedence: numbers as numbers, a prerelease before its release, a leading v says nothing', () => {
    expectAscending('semver', [
      '0.0.1-alpha',
      '0.0.1',
      'v0.9.0',
      '1.0.0-alpha',
      'v1.0.0-alpha.1',
      '1.0.0-beta',
      '1.0.0-rc.2',
      '1.0.0-rc.10',
      'v1.0.0',
      '1.0.9',
      '1.0.10',
      '1.9.0',
      'v1.10.0',
      '2.0.0',
      '10.0.0',
    ]);
  });

  test('with and without a v is the same', () => {
    const order = tagOrder('semver');
    expect(order?.compare(order.parse('v1.2.3'), order.parse('1.2.3'))).toBe(0);
  });

  test('"_" is read as "+", as Helm writes it: build metadata has no place in the order', () => {
    const order = tagOrder('semver');
    expectAscending('semver', ['1.2.3-rc.1_9', '1.2.3_4', '1.2.4_1']);
    expect(order?.compare(order.parse('1.2.3_4'), order.parse('v1.2.3'))).toBe(0);
    expect(order?.compare(order.parse('1.2.3_1'), order.parse('1.2.3_2'))).toBe(0);
  });

  test.each([
    'v1',
    '1.2',
    'v1.2.x',
    '1.2.3.4',
    '01.2.3',
    'v1.02.3',
    '1.2.3-01',
    '1.2.3-',
    'latest',
    'release-1.2.3',
    'V1.2.3',
    'vv1.2.3',
    '1.2.3_',
    '1.2_1',
    '1.2.3_a_b',
  ])('%s is not a whole version', (tag) => {
    expect(parses('semver', tag)).toBe(false);
  });
});

describe('numeric', () => {
  test('runs of digits as numbers, digits before other text, and of two that agree the shorter first', () => {
    expectAscending('numeric', [
      '1',
      '1.0',
      '1.0.0',
      '1.2',
      '1.10',
      '2',
      '9',
      '10',
      '20261101',
      '20261101-2',
      '20261101-10',
      'build-1',
      'build-9',
      'build-10',
      'build-10-rc1',
      'build-x1',
      'v9',
      'v100',
    ]);
  });

  test('numbers of any length', () => {
    expectAscending('numeric', ['9007199254740991', '9007199254740992', '9007199254740993', '90071992547409930']);
  });

  test('leading zeros say nothing', () => {
    const order = tagOrder('numeric');
    expect(order?.compare(order.parse('build-010'), order.parse('build-10'))).toBe(0);
  });

  test.each([
    ['latest', false],
    ['a-b.c', false],
    ['x1', true],
    ['1', true],
  ])('%s parses: %s', (tag, does) => {
    expect(parses('numeric', tag)).toBe(does);
  });
});

test('alphabetical compares code units', () => {
  expectAscending('alphabetical', ['1', '10', '9', 'A', 'Z', '_', 'a', 'ab', 'b']);
});
