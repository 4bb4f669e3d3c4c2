import { describe, expect, test } from 'vitest';
import { type KnownTag, NextTags } from '../../../src/forecast/next-tags.ts';
import { tagShape } from '../../../src/policy/tag-shape.ts';

const DAY = 86_400_000;

test.each([
  ['v1.4.2', 'v{n}.{n}.{n}'],
  ['main-3f2a9c1', 'main-{hex}'],
  ['v1.4.2-12-g3f2a9c1', 'v{n}.{n}.{n}-{n}-g{hex}'],
  ['nightly-20261130', 'nightly-{date}'],
  ['2026-11-30', '{date}'],
  ['build-20261130123456', 'build-{n}'],
  ['feature-login-2', 'feature-login-{n}'],
  ['added', 'added'],
  ['latest', 'latest'],
])('%s has the shape %s', (tag, shape) => {
  expect(tagShape(tag).shape).toBe(shape);
  expect(
    tagShape(tag)
      .parts.map(({ text }) => text)
      .join(''),
  ).toBe(tag);
});

describe('what comes next', () => {
  /** The tags of images from before, and of those that came lately; both the oldest first. */
  const tags = (old: readonly string[], fresh: readonly string[]): NextTags =>
    new NextTags(
      [...old, ...fresh].map((tag, index): KnownTag => ({ tag, time: index, isNew: index >= old.length })),
      () => true,
    );
  const next = (from: NextTags, given: readonly string[], round = 1, letters?: string): string[] => [
    ...from.next(given, { round, shift: 30 * DAY * round, letters }).values(),
  ];

  test('patches follow patches, a new minor version the last, with its patches', () => {
    const versions = tags(['v1.4.6', 'v1.4.7'], ['v1.4.8', 'v1.5.0', 'v1.5.1']);
    expect(['v1.4.8', 'v1.5.0', 'v1.5.1'].map((tag) => next(versions, [tag])[0])).toEqual(['v1.4.9', 'v1.6.0', 'v1.6.1']);
    expect(['v1.4.8', 'v1.5.0', 'v1.5.1'].map((tag) => next(versions, [tag], 2)[0])).toEqual(['v1.4.10', 'v1.7.0', 'v1.7.1']);
  });

  test('the tags that move with a version go with the next one, all others that move stay as they are', () => {
    const versions = tags(['1.4.7', '1.4', '1'], ['1.5.0', '1.5', '1', 'latest']);
    expect(next(versions, ['1', '1.5', '1.5.0', 'latest']).toSorted()).toEqual(['1', '1.6', '1.6.0', 'latest']);
  });

  test('counters count on, with their zeros; dates go on by as many days; commits are others', () => {
    expect(next(tags(['build-0098'], ['build-0099', 'build-0100']), ['build-0099'])).toEqual(['build-0101']);
    expect(next(tags([], ['nightly-20261115']), ['nightly-20261115'])).toEqual(['nightly-20261215']);
    expect(next(tags([], ['2026.11.15']), ['2026.11.15'])).toEqual(['2026.12.15']);
    const [commit = ''] = next(tags([], ['main-3f2a9c1']), ['main-3f2a9c1']);
    expect(commit).toMatch(/^main-[0-9a-f]{7}$/);
    expect(commit).not.toBe('main-3f2a9c1');
  });

  test('digits alone are a commit where others are', () => {
    expect(next(tags([], ['main-3f2a9c1', 'main-1234567']), ['main-1234567'])[0]).toMatch(/^main-(?=\d*[a-f])[0-9a-f]{7}$/);
    expect(next(tags([], ['main-1234567']), ['main-1234567'])).toEqual(['main-1234568']);
  });

  test('another branch has another name, if the policy takes it for the same', () => {
    expect(next(tags([], ['feature-login-3f2a9c1']), ['feature-login-3f2a9c1'], 1, 'g')[0]).toMatch(/^feature-loging-[0-9a-f]{7}$/);
    const refused = new NextTags([{ tag: 'main-3f2a9c1', time: 0, isNew: true }], () => false);
    expect(next(refused, ['main-3f2a9c1'], 1, 'g')[0]).toMatch(/^main-[0-9a-f]{7}$/);
  });
});
