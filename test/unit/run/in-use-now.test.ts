import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { InUse } from '../../../src/domain/in-use.ts';
import type { Context } from '../../../src/run/context.ts';
import { InUseNow } from '../../../src/run/in-use-now.ts';
import { type InUsePlace, inUseReader } from '../../../src/run/in-use.ts';

const MINUTE = 60_000;

/** A reading at 0, and a clock; each further reading takes so many milliseconds. */
function reading(took = 0) {
  const clock = { now: 0, readings: 0, problems: [] as string[] };
  const again = async (): Promise<InUse> => {
    clock.readings += 1;
    clock.now += took;
    return { images: [], problems: clock.problems, hosts: {} };
  };
  const first: InUse = { images: [], problems: [], hosts: {} };
  return { clock, first, inUse: new InUseNow({ inUse: first, readAt: 0, again }, { now: () => clock.now }) };
}

describe('what is in use while a run deletes', () => {
  it('is read again after a minute, once for all that ask', async () => {
    const { clock, first, inUse } = reading();
    clock.now = MINUTE;
    expect(await inUse.read()).toBe(first);
    clock.now = MINUTE + 1;
    const [one, two] = await Promise.all([inUse.read(), inUse.read()]);
    expect(one).not.toBe(first);
    expect(two).toBe(one);
    clock.now += MINUTE;
    expect(await inUse.read()).toBe(one);
    expect(clock.readings).toBe(1);
  });

  it('is read less often where that takes long', async () => {
    const { clock, inUse } = reading(MINUTE);
    clock.now = MINUTE + 1;
    const begun = clock.now;
    await inUse.read();
    clock.now = begun + 10 * MINUTE;
    await inUse.read();
    expect(clock.readings).toBe(1);
    clock.now += 1;
    await inUse.read();
    expect(clock.readings).toBe(2);
  });

  it('is not known where a source cannot be read, and asked for again the next time', async () => {
    const { clock, inUse } = reading();
    clock.now = MINUTE + 1;
    clock.problems = ['cluster eu: refused'];
    await expect(inUse.read()).rejects.toMatchObject({ code: 'NOT_APPLYABLE', message: expect.stringContaining('cluster eu') as string });
    clock.problems = [];
    await inUse.read();
    expect(clock.readings).toBe(2);
  });
});

describe('the sources of what is in use', () => {
  /** A reader of one file. */
  async function readerOf(name: string) {
    const folder = await mkdtemp(join(tmpdir(), 'regprune-in-use-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, name);
    const place = { settings: { inUse: [{ file }], mirrors: {} }, named: [], hosts: {} } as unknown as InUsePlace;
    return { file, read: inUseReader(place, {} as Context, new AbortController().signal) };
  }

  it('are read each time', async () => {
    const { file, read } = await readerOf('list');
    await writeFile(file, 'registry.example.com/app:1\n');
    expect((await read()).images).toHaveLength(1);
    await writeFile(file, 'registry.example.com/app:1\nregistry.example.com/app:2\n');
    expect((await read()).images).toHaveLength(2);
  });

  it('are read once where they are a pipe, which nobody writes a second time', async () => {
    const { file, read } = await readerOf('pipe');
    execFileSync('mkfifo', [file]);
    spawn('sh', ['-c', 'echo registry.example.com/app:1 > "$0"', file], { stdio: 'ignore' });
    const first = await read();
    expect(first).toMatchObject({ images: [{ source: expect.any(String) as string }], problems: [] });
    expect(await read()).toEqual(first);
  });
});
