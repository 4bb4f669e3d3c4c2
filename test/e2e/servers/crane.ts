import { startProcess } from './run-process.ts';
import { binaryPath } from './server-binaries.ts';

/**
 * A running registry of go-containerregistry, `crane registry serve`: it keeps everything in memory, and the tags of a manifest that is
 * deleted.
 */
export interface CraneRegistry {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts one on a free port of 127.0.0.1. */
export async function startCraneRegistry(): Promise<CraneRegistry> {
  const binary = binaryPath('crane');
  let started: (port: string) => void = () => {};
  const listening = new Promise<string>((resolve) => (started = resolve));
  const { child, ended } = startProcess(binary, ['registry', 'serve', '--address', '127.0.0.1:0'], {}, (text) => {
    const port = /serving on port (\d+)/.exec(text)?.[1];
    if (port !== undefined) started(port);
  });
  const port = await Promise.race([
    listening,
    ended.then(({ stderr }) => {
      throw new Error(`${binary} did not start:\n${stderr}`);
    }),
  ]);
  const host = `127.0.0.1:${port}`;
  return {
    host,
    url: `http://${host}`,
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
