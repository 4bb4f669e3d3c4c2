import { expect, test } from 'vitest';
import type { Pack } from '../../../src/plan/pack.ts';
import { packLists } from '../../../src/run/pack-lists.ts';

const list = (name: string, length: number): { readonly name: string }[] =>
  Array.from({ length }, (_, index) => ({ name: `${name} ${index}` }));

function listsOf({ lists }: Pack): <Item>(list: readonly Item[]) => () => readonly Item[] {
  return (one) => {
    const read = lists(one);
    return () => read()[0];
  };
}

test('lists are as they were while there are few of them, and their like beyond that', () => {
  const pack = listsOf(packLists(5));
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
  const pack = listsOf(packLists(0));
  const [images, steps] = [pack(list('image', 3)), pack(list('step', 2))];

  expect([images(), steps()]).toEqual([list('image', 3), list('step', 2)]);
  expect(images()).toBe(images());
});

test('a thing is kept while there is room, and made again from then on', () => {
  const pack = packLists(3);
  const thing = pack.thing('kept', () => 'made again');
  pack.lists(list('a', 3));
  expect(thing()).toBe('kept');

  pack.lists(list('b', 1));
  expect([thing(), pack.thing('kept', () => 'made again')()]).toEqual(['made again', 'made again']);
});

test.each([3, 20_001])('lists that are put away together come back together, also with %i items', (length) => {
  const given = [list('image', length), [], list('step', 2)] as const;
  const read = packLists(0).lists(...given);
  expect(read()).toEqual(given);
  expect(read()).toBe(read());
});
