import { describe, expect, test } from 'vitest';
import { knownTime } from '../../../src/domain/time.ts';
import { clockOf, clockTime, Times } from '../../../src/plan/time.ts';
import { buildGraph, type Node } from '../../../src/graph/graph.ts';
import { capabilities, manifest, NOW } from './fixture.ts';

describe('a known time', () => {
  test.each([
    ['2026-11-30T12:00:00Z', Date.UTC(2026, 10, 30, 12)],
    ['2026-11-30t12:00:00z', Date.UTC(2026, 10, 30, 12)],
    ['2026-11-30T12:00:00.5Z', Date.UTC(2026, 10, 30, 12, 0, 0, 500)],
    ['2026-11-30T12:00:00.123456789Z', Date.UTC(2026, 10, 30, 12, 0, 0, 123)],
    ['2026-11-30T12:00:00+05:30', Date.UTC(2026, 10, 30, 6, 30)],
    ['2026-11-30T12:00:00-01:00', Date.UTC(2026, 10, 30, 13)],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    // The bounds, each inclusive.
    ['2000-01-01T00:00:00Z', Date.UTC(2000, 0, 1)],
    ['2026-12-02T00:00:00Z', Date.UTC(2026, 11, 2)],
    ['2000-01-01T01:00:00+01:00', Date.UTC(2000, 0, 1)],
  ])('%s', (text, time) => {
    expect(knownTime(text, NOW)).toBe(time);
  });

  test.each([
    undefined,
    '',
    'yesterday',
    // Before 2000, and more than a day ahead of now.
    '1999-12-31T23:59:59.999Z',
    '2026-12-02T00:00:00.001Z',
    '0001-01-01T00:00:00Z',
    '1970-01-01T00:00:00Z',
    '1980-01-01T00:00:01Z',
    '9999-12-31T23:59:59Z',
    // Nothing that would depend on the machine, and no time that is not on the calendar.
    '2026',
    '2026-11-30',
    '2026-11-30T12:00Z',
    '2026-11-30 12:00:00Z',
    '2026-11-30T12:00:00',
    '30 Nov 2026 12:00:00 GMT',
    '1764460800',
    '+002026-11-30T12:00:00Z',
    '2026-11-30T12:00:00Z ',
    '2026-13-01T00:00:00Z',
    '2026-11-31T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-11-30T25:00:00Z',
    '2026-11-30T12:60:00Z',
    '2026-11-30T12:00:00+99:00',
  ])('%j is not known', (text) => {
    expect(knownTime(text, NOW)).toBeUndefined();
  });
});

test('of a time it makes no difference how it is written', () => {
  for (let day = 0; day < 9000; day++) {
    const time = Date.UTC(2000, 0, 1) + day * 86_400_000 + day * 9_601;
    const text = new Date(time).toISOString();
    expect([knownTime(text, NOW), knownTime(text.replace('Z', '+00:00'), NOW), knownTime(text.toLowerCase(), NOW)]).toEqual([
      time,
      time,
      time,
    ]);
  }
});

describe('the clock of a repository is what its registry has', () => {
  const both = manifest('a', { pushedAt: 'p', createdAt: 'c' });
  const created = manifest('a', { createdAt: 'c' });

  test.each([
    [{}, 'pushed', 'p'],
    [{ pushedAt: false }, 'created', 'c'],
    [{ pushedAt: false, createdAt: false }, 'none', undefined],
  ])('without %j it is %s', (lacking, clock, text) => {
    expect(clockOf(capabilities(lacking))).toBe(clock);
    expect(clockTime(both, clockOf(capabilities(lacking)))).toBe(text);
  });

  test('one missing value does not change it', () => {
    expect(clockTime(created, clockOf(capabilities()))).toBeUndefined();
  });
});

describe('the time that an order names', () => {
  const [older, newer] = ['2026-11-01T00:00:00Z', '2026-11-02T00:00:00Z'];
  const image = manifest('a', { pushedAt: 'p', createdAt: 'c', tagTimes: { old: older, new: newer, absurd: '1970-01-01T00:00:00Z' } });

  test.each([
    ['pushed', ['old'], {}, 'p'],
    ['pushed', ['old'], { pushedAt: false }, 'c'],
    ['created', ['old'], {}, 'c'],
    ['tagged', ['old'], {}, older],
    ['tagged', ['old', 'new'], {}, newer],
    ['tagged', ['new', 'old'], {}, newer],
    // One that is not known: the newest is not known either.
    ['tagged', ['new', 'absurd'], {}, undefined],
    ['tagged', ['new', 'missing'], {}, undefined],
    ['tagged', ['constructor'], {}, undefined],
    ['tagged', ['new'], { tagTimes: false }, 'p'],
    ['tagged', ['new'], { tagTimes: false, pushedAt: false }, 'c'],
    ['tagged', ['new'], { tagTimes: false, pushedAt: false, createdAt: false }, undefined],
  ] as const)('%s of %j without %j', (order, tags, lacking, text) => {
    const { nodes } = buildGraph([image]);
    expect(new Times(nodes, capabilities(lacking), NOW).byOrder(order, nodes[0] as Node, tags).text).toBe(text);
  });
});
