import { delimiter, join } from 'node:path';
import { DEFAULT_CONCURRENCY } from '../../src/config/settings.ts';
import { file, interleaved, median, ratio, type Row, run } from './measure.ts';
import { prune, withRegistry } from './running-registry.ts';

const ROUNDS = 3;
const TAGS = 200;
const LATENCY = 10;

interface Peer {
  /** Of its executable. */
  readonly name: string;
  /** In the table. Default: its name. */
  readonly called?: string;
  /** The argument that asks for its version. */
  readonly version: string;
  /** What its version looks like, where another program may have the same name: ours is called regctl too. */
  readonly looksLike: RegExp;
  /** How it tells when the image of a tag was built, which takes a process for each. */
  readonly config: (image: string, host: string) => readonly string[];
}

const PEERS: readonly Peer[] = [
  { name: 'crane', version: 'version', looksLike: /./, config: (image) => ['config', '--insecure', image] },
  {
    name: 'regctl',
    called: "regclient's regctl",
    version: 'version',
    looksLike: /^VCS/m,
    config: (image, host) => ['image', 'config', '--host', `reg=${host},tls=disabled`, image],
  },
  { name: 'oras', version: 'version', looksLike: /./, config: (image) => ['manifest', 'fetch-config', '--plain-http', image] },
  {
    name: 'skopeo',
    version: '--version',
    looksLike: /./,
    config: (image) => ['inspect', '--no-tags', '--tls-verify=false', `docker://${image}`],
  },
];

/** What somebody writes without any of these: a process for each request, one after the other. */
const CURL_LOOP = `#!/bin/sh
set -e
url="http://$1/v2/$2"
for tag in $(curl -sSf "$url/tags/list?n=10000" | tr '",[]' '\\n\\n\\n\\n' | grep '^build-'); do
  manifest=$(curl -sSf -H 'Accept: application/vnd.oci.image.manifest.v1+json' "$url/manifests/$tag")
  config=\${manifest#*'"config":'}
  config=\${config#*'"digest":"'}
  curl -sSf "$url/blobs/\${config%%'"'*}"
done
`;

/** The tools that are installed: so many processes side by side as we have requests, one for each tag, and a loop of curl. */
export function measurePeers(): AsyncGenerator<Row> {
  return withRegistry(1, TAGS, async function* ({ behave }) {
    const { host } = await behave({ latency: LATENCY });
    yield* besideOwn(host);
  });
}

async function* besideOwn(host: string): AsyncGenerator<Row> {
  const works: Record<string, () => Promise<number>> = { 'regctl prune': async () => (await prune(host, 'cold')).seconds };
  for (const peer of PEERS) {
    const program = await find(peer);
    if (program === undefined) continue;
    works[peer.called ?? peer.name] = () => processForEachTag(program, peer, host);
  }
  if (await find({ name: 'curl', version: '--version', looksLike: /./ })) {
    const script = file('curl-loop.sh', [CURL_LOOP]);
    works['a loop of curl'] = async () => (await run('sh', [script, host, 'team/app-0'])).seconds;
  }
  const took = await interleaved(ROUNDS, works);
  const own = took['regctl prune'] as number[];
  for (const [what, seconds] of Object.entries(took))
    yield {
      part: `${TAGS} tags, ${LATENCY} ms, beside other tools`,
      what,
      figures: { s: median(seconds), ...(seconds !== own && { 'times regctl prune': ratio(seconds, own) }) },
    };
}

async function processForEachTag(program: string, { config }: Peer, host: string): Promise<number> {
  const begin = performance.now();
  const queue = Array.from({ length: TAGS }, (_, number) => `${host}/team/app-0:build-${number}`);
  const worker = async (): Promise<void> => {
    for (let image = queue.pop(); image !== undefined; image = queue.pop()) await run(program, config(image, host));
  };
  await Promise.all(Array.from({ length: DEFAULT_CONCURRENCY }, worker));
  return (performance.now() - begin) / 1000;
}

/** The first program of that name in the search path that is the one meant. */
async function find({ name, version, looksLike }: Omit<Peer, 'config'>): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const program = join(folder, name);
    const told = await run(program, [version]).then(
      ({ stdout }) => stdout,
      () => '',
    );
    if (looksLike.test(told)) return program;
  }
  return undefined;
}
