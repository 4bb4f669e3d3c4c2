import { onPath, serversRequired } from './server-binaries.ts';
import { startProcess } from './run-process.ts';

/** A running moto: AWS services as they are on the wire, with much left out (https://github.com/getmoto/moto). */
export interface Moto {
  readonly url: string;
  stop(): Promise<void>;
}

/** For `describe.skipIf`: moto comes by pip, so that it is required in CI only where there is pip. */
export function skipWithoutMoto(): boolean {
  return motoPath() === undefined && !(serversRequired && (onPath('pip') ?? onPath('pip3')) !== undefined);
}

/** Starts the program that REGPRUNE_MOTO names, or `moto_server` on the PATH. Throws an error that says how to get it. */
export async function startMoto(): Promise<Moto> {
  const path = motoPath();
  if (path === undefined)
    throw new Error('moto_server is not there: run `pip install "moto[server]"`, or name the program in REGPRUNE_MOTO.');
  let report = (_text: string): void => {};
  const { child, ended } = startProcess(path, ['-H', '127.0.0.1', '-p', '0'], {}, (text) => report(text));
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  const url = await new Promise<string>((resolve, reject) => {
    report = (text) => {
      const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(text) ?? [];
      if (found !== undefined) resolve(found);
    };
    ended.then(({ stderr }) => reject(new Error(`moto_server ended:\n${stderr}`)), reject);
  });
  return { url, stop };
}

function motoPath(): string | undefined {
  return process.env['REGPRUNE_MOTO'] || onPath('moto_server');
}
