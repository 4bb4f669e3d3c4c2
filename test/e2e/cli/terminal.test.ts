import { Readable, Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { Io } from '../../../src/run/io.ts';
import { newSession } from './in-process.ts';
import { registryWith, tagsIn } from './registry-with-builds.ts';

/** A terminal at which somebody types; nothing moves there, since CI is set. */
function terminal(...typed: readonly string[]): { readonly io: Partial<Io>; readonly shown: () => string } {
  let shown = '';
  const stderr = Object.assign(
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        shown += chunk.toString();
        done();
      },
    }),
    { isTTY: true },
  );
  return {
    io: { stderr, stdin: Object.assign(Readable.from(typed.map((text) => Buffer.from(text))), { isTTY: true }), env: { CI: 'true' } },
    shown: () => shown,
  };
}

describe('--apply at a terminal', () => {
  test.for(['y\n', 'YES\n'])('goes on after %j', async (typed) => {
    const registry = await registryWith({ 'team/app': 4 });
    const { io, shown } = terminal(typed);
    const session = await newSession(io);

    const { code } = await session.run('prune', `${registry.host}/team/app`, '--keep-last', '1', '--apply');

    expect(code).toBe(0);
    expect(shown()).toMatch(
      /^warning: no source says what is in use.*\nAbout to delete 3 images in 1 repository, .+ freed:\n {2}.+\/team\/app {2}3 images, tags build-1, build-2, build-3\n3 tags with their images\.\nCarry this out\? \[y\/N\] /,
    );
    expect(tagsIn(registry, 'team/app')).toEqual(['build-4']);
  });

  test.for([['no\n'], ['\n'], ['yes please\n'], []])('changes nothing after %j', async (typed) => {
    const registry = await registryWith({ 'team/app': 4 });
    const { io, shown } = terminal(...typed);
    const session = await newSession(io);

    const { code, stdout } = await session.run('prune', `${registry.host}/team/app`, '--keep-last', '1', '--apply');

    expect(code).toBe(1);
    expect(`${stdout}${shown()}`.match(/Nothing was changed\./g)).toHaveLength(1);
    expect(tagsIn(registry, 'team/app')).toHaveLength(4);
    expect(registry.requests.filter(({ method }) => method === 'DELETE')).toEqual([]);
  });

  test('does not ask with --yes, and not where there is nothing to do', async () => {
    const registry = await registryWith({ 'team/app': 4 });
    const { io, shown } = terminal();
    const session = await newSession(io);

    expect((await session.run('prune', `${registry.host}/team/app`, '--keep-last', '4', '--apply', '-q')).code).toBe(0);
    expect((await session.run('prune', `${registry.host}/team/app`, '--keep-last', '1', '--apply', '--yes', '-q')).code).toBe(0);
    expect(shown()).toBe('');
    expect(tagsIn(registry, 'team/app')).toEqual(['build-4']);
  });
});

describe('colour', () => {
  const coloured = async (io: Partial<Io>, ...more: readonly string[]): Promise<boolean> => {
    const registry = await registryWith({ 'team/app': 2 });
    let text = '';
    const stdout = Object.assign(
      new Writable({
        write(chunk: Buffer, _encoding, done) {
          text += chunk.toString();
          done();
        },
      }),
      { isTTY: true, columns: 80 },
    );
    await (await newSession({ stdout, ...io })).run('prune', `${registry.host}/team/app`, '--keep-last', '1', ...more);
    expect(text).toContain('delete');
    return text.includes('\u001B[');
  };

  test('is there at a terminal, unless it is not wanted', async () => {
    expect(await coloured({})).toBe(true);
    expect(await coloured({}, '--no-color')).toBe(false);
    expect(await coloured({ env: { NO_COLOR: '1' } })).toBe(false);
    expect(await coloured({ env: { NO_COLOR: '' } })).toBe(true);
    expect(await coloured({ env: { TERM: 'dumb' } })).toBe(false);
  });
});
