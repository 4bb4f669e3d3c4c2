import { expect, test } from 'vitest';
import { packLists } from '../../../src/run/pack-lists.ts';

const list = (name: string, length: number): { readonly name: string }[] =>
  Array.from({ length }, (_, index) => ({ name: `${name} ${index}` }));

test('lists are as they were while there are few of them, and their like beyond that', () => {
  const pack = packLists(5);
  const [first, second, third, none] = [list('a', 2), list('b', 3), list('c', 20_001), list('d', 0)];

  const read = [pack(first), pack(second)];
  expect(read[0]?.()).toBe(first);
  expect(read[1]?.()).toBe(second);

  read.push(pack(third), pack(none));
  expect(read.map((one) => one())).toEqual([first, second, third, none]);
  expect(read.map((one) => one()).toReversed()).toEqual([none, third, second, first]);
  expect(read[0]?.()).not.toBe(first);
});

test('what was read last is read again without being unpacked', () => {
  const pack = packLists(0);
  const [images, steps] = [pack(list('image', 3)), pack(list('step', 2))];

  expect([images(), steps()]).toEqual([list('image', 3), list('step', 2)]);
  expect(images()).toBe(images());
});
