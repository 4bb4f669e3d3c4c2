import { once } from 'node:events';
import { chmod, readdir } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { rememberSecret } from '../../../src/diagnostics/redact.ts';
import { type CommandOptions, readInUseCommand } from '../../../src/inuse/command.ts';
import { folderWith } from '../config/temporary-folder.ts';

const NODE = process.execPath;

/** Runs a script of Node.js. */
function run(script: string, options: Partial<CommandOptions> = {}): ReturnType<typeof readInUseCommand> {
  return readInUseCommand([NODE, '-e', script], { cwd: '.', env: {}, withheld: [], signal: new AbortController().signal, ...options });
}

/** The failure of a command. */
const failure = (attempt: Promise<unknown>): Promise<Error & { code: string }> =>
  attempt.then(
    () => expect.unreachable(),
    (error) => error as Error & { code: string },
  );

describe('what a program prints', () => {
  test('is read as a file is', async () => {
    expect(await run('console.log("team/app:v1\\nteam/web:v2")')).toMatchObject([
      { image: { reference: { text: 'team/app:v1' } }, source: `command ${NODE}:1` },
      { source: `command ${NODE}:2` },
    ]);
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: { containers: [{ name: 'app', image: 'team/app:v1' }] } };
    expect(await run(`console.log(${JSON.stringify(JSON.stringify(pod))})`)).toMatchObject([
      { source: `command ${NODE}: Pod a (container app)` },
    ]);
  });

  test('and is not understood, is told as in a file', async () => {
    await expect(run('console.log("Error: no")')).rejects.toMatchObject({
      code: 'IN_USE_INVALID',
      message: expect.stringContaining(`command ${NODE}:1:`) as string,
    });
  });

  test('is nothing: nothing is in use', async () => {
    expect(await run('')).toEqual([]);
  });

  test('is its standard output alone', async () => {
    expect(await run('console.error("team/web:v1"); console.log("team/app:v1")')).toHaveLength(1);
  });
});

describe('how it is run', () => {
  test('without a shell: its arguments are its own', async () => {
    const folder = await folderWith({});
    expect(
      await readInUseCommand([NODE, '-e', 'console.log(process.argv[1] === "$(touch x); *" ? "right:v1" : "wrong:v1")', '$(touch x); *'], {
        cwd: folder,
        env: {},
        withheld: [],
        signal: new AbortController().signal,
      }),
    ).toMatchObject([{ image: { reference: { repository: 'right' } } }]);
  });

  test('in the working directory, from which a relative program is found', async () => {
    const folder = await folderWith({ 'bin/deployed': '#!/bin/sh\nbasename "$PWD"/app:v1\n' });
    await chmod(path.join(folder, 'bin/deployed'), 0o700);
    expect(
      await readInUseCommand(['bin/deployed'], {
        cwd: folder,
        env: { PATH: process.env['PATH'] },
        withheld: [],
        signal: new AbortController().signal,
      }),
    ).toHaveLength(1);
  });

  test('with the environment, but without the credentials of the registries', async () => {
    const script = 'console.log(process.env.KUBECONFIG === "k" && !("REGISTRY_PASSWORD" in process.env) ? "right:v1" : "wrong:v1")';
    expect(
      await run(script, { env: { KUBECONFIG: 'k', REGISTRY_PASSWORD: 'correct horse' }, withheld: ['REGISTRY_PASSWORD', 'NOT_SET'] }),
    ).toMatchObject([{ image: { reference: { repository: 'right' } } }]);
  });

  test('without input', async () => {
    expect(await run('process.stdin.on("end", () => console.log("team/app:v1")).resume()')).toHaveLength(1);
  });
});

describe('a program that fails is an error, whatever it printed before', () => {
  test.for<[what: string, script: string, why: string]>([
    [
      'with an exit code',
      'console.log("team/app:v1"); console.error("one\\ntwo\\nthree\\nfour\\n\\u001b[31mfive\\nsix"); process.exitCode = 3',
      'exit code 3: two / three / four / five / six',
    ],
    ['in silence', 'process.exitCode = 1', 'exit code 1.'],
    ['by a signal', 'process.kill(process.pid, "SIGKILL")', 'it was ended by SIGKILL.'],
    ['with what is no text', 'process.stdout.write(Buffer.from([0xff, 0xfe]))', 'what it printed is not UTF-8 text.'],
  ])('%s', async ([, script, why]) => {
    expect(await failure(run(script))).toMatchObject({
      code: 'FILE',
      message: `command ${NODE}: the list of images in use cannot be read: ${why}`,
    });
  });

  test.for<[what: string, program: string, why: string]>([
    ['not there', 'no-such-program', 'there is no such program'],
    ['a folder', '/', 'permission denied'],
    ['no name', 'a\0b', ''],
  ])('that is %s', async ([, program, why]) => {
    const { code, message } = await failure(
      readInUseCommand([program], { cwd: '.', env: { PATH: process.env['PATH'] }, withheld: [], signal: new AbortController().signal }),
    );
    expect({ code, message }).toEqual({ code: 'FILE', message: expect.stringContaining(`it cannot be started (${why}`) as string });
  });

  test('that takes too long', async () => {
    expect(await failure(run('console.log("team/app:v1"); setInterval(() => {}, 1000)', { limitMs: 300 }))).toMatchObject({
      code: 'FILE',
      message: expect.stringContaining('it took longer than 0.3 seconds') as string,
    });
  });

  test('that asks not to be ended', async () => {
    expect(await failure(run('process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)', { limitMs: 500 }))).toMatchObject({
      code: 'FILE',
    });
  });

  test('that prints without end', async () => {
    const script =
      'const text = "team/app:v1\\n".repeat(1e5); const go = () => { while (process.stdout.write(text)); ' +
      'process.stdout.once("drain", go); }; go()';
    expect(await failure(run(script))).toMatchObject({
      code: 'FILE',
      message: expect.stringContaining('it printed more than 64 MiB') as string,
    });
  });

  test('that complains without end, of which the last is told', async () => {
    const script = 'for (let n = 0; n < 2e5; n++) process.stderr.write(`line ${n}\\n`); process.exitCode = 1';
    expect(await failure(run(script))).toMatchObject({ message: expect.stringMatching(/: line 199995 \/ .* \/ line 199999$/) as string });
  });

  test('that complains in one long line', async () => {
    const { message } = await failure(run('process.stderr.write("a:".repeat(3e4)); process.exitCode = 1'));
    expect(message).toMatch(/exit code 1: (?:a:){150}…$/);
  });
});

test('secrets do not come back in what it said', async () => {
  rememberSecret('hunter2hunter2');
  const { message } = await failure(
    run('console.error("sent hunter2hunter2 and", process.env.OTHER, "password=swordfish"); process.exitCode = 1', {
      env: { OTHER: 'something' },
      withheld: ['REGISTRY_PASSWORD'],
    }),
  );
  expect(message).toMatch(/sent \*\*\* and something password=\*\*\*$/);
  const withheld = await failure(
    run('console.error("read from a file: battery staple"); process.exitCode = 1', {
      env: { REGISTRY_PASSWORD: 'battery staple' },
      withheld: ['REGISTRY_PASSWORD'],
    }),
  );
  expect(withheld.message).toMatch(/read from a file: \*\*\*$/);
});

test('it ends with this run, and with it what it has started', async () => {
  // Each of the two holds a connection for as long as it lives, and lives no longer than this test.
  const sockets: Socket[] = [];
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const live = `require("net").connect(${port}, "127.0.0.1").on("close", () => process.exit()); setInterval(() => {}, 1000);`;
  const stop = new AbortController();
  const running = failure(
    run(`${live} require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(live)}], { stdio: "inherit" })`, {
      signal: stop.signal,
    }),
  );
  const ended: Promise<unknown>[] = [];
  while (ended.length < 2) {
    const [socket] = (await once(server, 'connection')) as [Socket];
    sockets.push(socket);
    ended.push(
      new Promise(
        (resolve) =>
          void socket
            .on('error', () => {})
            .on('close', resolve)
            .resume(),
      ),
    );
  }
  const reason = new Error('stopped');
  stop.abort(reason);
  expect(await running).toBe(reason);
  await Promise.all(ended);
});

test('a run that was stopped before starts nothing', async () => {
  const folder = await folderWith({});
  const reason = new Error('stopped');
  expect(await failure(run('require("fs").writeFileSync("started", "")', { cwd: folder, signal: AbortSignal.abort(reason) }))).toBe(reason);
  expect(await readdir(folder)).toEqual([]);
});
