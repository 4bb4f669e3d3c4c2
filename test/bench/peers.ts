import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { DEFAULT_CONCURRENCY } from '../../src/config/settings.ts';
import { type Cost, median, type Row } from './measure.ts';

const ROUNDS = 3;
const run = promisify(execFile);

/** How each tool tells when the image of a tag was built, which takes a process for each. */
const PEERS: Readonly<Record<string, (image: string) => readonly string[]>> = {
  crane: (image) => ['config', '--insecure', image],
  skopeo: (image) => ['inspect', '--tls-verify=false', `docker://${image}`],
  oras: (image) => ['manifest', 'fetch-config', '--plain-http', image],
  regctl: (image) => ['image', 'config', '--host', `reg=${image.split('/')[0]},tls=disabled`, image],
};

/** The tools that are installed, in a shell loop's way: so many processes side by side, one for each tag. */
export async function measurePeers(host: string, tags: number, prune: () => Cost): Promise<Row[]> {
  const part = `${tags} tags, 10 ms, beside other tools`;
  const images = Array.from({ length: tags }, (_, number) => `${host}/team/app-0:build-${number}`);
  const own = median(Array.from({ length: ROUNDS }, () => prune().seconds));
  const rows: Row[] = [{ part, what: 'regctl prune', figures: { s: own } }];
  for (const [name, words] of Object.entries(PEERS)) {
    if (spawnSync(name, [name === 'skopeo' ? '--version' : 'version']).status !== 0) continue;
    const took: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const begin = performance.now();
      const queue = [...images];
      const worker = async (): Promise<void> => {
        for (let image = queue.pop(); image !== undefined; image = queue.pop()) await run(name, words(image));
      };
      await Promise.all(Array.from({ length: DEFAULT_CONCURRENCY }, worker));
      took.push((performance.now() - begin) / 1000);
    }
    rows.push({ part, what: name, figures: { s: median(took), 'times regctl prune': median(took) / own } });
  }
  return rows;
}
