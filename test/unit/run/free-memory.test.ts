import { setFlagsFromString } from 'node:v8';
import { beforeEach, expect, it, vi } from 'vitest';
import { freeMemoryBefore } from '../../../src/run/free-memory.ts';

vi.mock('node:v8', async (original) => {
  const real = await original<typeof import('node:v8')>();
  return { ...real, setFlagsFromString: vi.fn(real.setFlagsFromString) };
});

const PERCENT = '--heap-growing-percent=';
const growth = (): number[] =>
  vi.mocked(setFlagsFromString).mock.calls.flatMap(([flag]) => (flag.startsWith(PERCENT) ? [Number(flag.slice(PERCENT.length))] : []));

beforeEach(() => {
  vi.mocked(setFlagsFromString).mockClear();
});

it('while many changes are made, garbage is collected long before the heap has doubled', () => {
  freeMemoryBefore(200_000);
  expect(growth().at(-1)).toBeLessThan(50);
});

it('few changes leave the heap as it is', () => {
  freeMemoryBefore(1000);
  expect(growth()).toEqual([]);
});
