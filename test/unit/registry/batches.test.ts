import { describe, expect, it } from 'vitest';
import { Batches } from '../../../src/distribution/batches.ts';

describe('what is asked for at the same time', () => {
  it('is done together, repository by repository', async () => {
    const done: (readonly string[])[] = [];
    const batches = new Batches(50, async (repository, keys) => {
      done.push([repository, ...keys]);
      return new Map(keys.map((key) => [key, `${key} of ${repository}`]));
    });
    const answers = await Promise.all([
      batches.load('app', 'one'),
      batches.load('app', 'two'),
      batches.load('web', 'one'),
      batches.load('app', 'one'),
    ]);
    expect(answers).toEqual(['one of app', 'two of app', 'one of web', 'one of app']);
    expect(done).toEqual([
      ['app', 'one', 'two'],
      ['web', 'one'],
    ]);
  });

  it('goes in as many parts as are too many for one', async () => {
    const sizes: number[] = [];
    const batches = new Batches(50, async (_, keys) => {
      sizes.push(keys.length);
      return new Map(keys.map((key) => [key, key]));
    });
    await Promise.all(Array.from({ length: 120 }, (_, n) => batches.load('app', String(n))));
    expect(sizes.toSorted((a, b) => b - a)).toEqual([50, 50, 20]);
  });

  it('and has no answer is undefined; what fails fails for all of it', async () => {
    expect(await new Batches(50, async () => new Map()).load('app', 'one')).toBeUndefined();
    const batches = new Batches(50, () => Promise.reject(new Error('refused')));
    expect(await Promise.allSettled([batches.load('app', 'one'), batches.load('app', 'two')])).toMatchObject([
      { reason: { message: 'refused' } },
      { reason: { message: 'refused' } },
    ]);
  });
});
