import type { Inventory } from '../../src/domain/inventory.ts';
import { asDigest } from '../digest.ts';
import { largeInventory } from './large-inventory.ts';
import { type Cost, file, median, node, ratio, type Row } from './measure.ts';
import { plan } from './plan-document.ts';

const ROUNDS = 3;
const MANIFESTS = 100_000;

/** Parses a document four times, and prints the processor time of the first time and the median of the others, in seconds. */
const PARSE =
  'const text=require("fs").readFileSync(process.argv[1],"utf8");const took=[];' +
  'for(let i=0;i<4;i++){const begin=process.cpuUsage();globalThis.value=JSON.parse(text);' +
  'const{user,system}=process.cpuUsage(begin);took.push((user+system)/1e6)}' +
  'const[cold,...warm]=took;console.log(cold,warm.sort((a,b)=>a-b)[1])';

/** Planning beside `JSON.parse` of the same document. */
export async function* measurePlanning(): AsyncGenerator<Row> {
  const plain = largeInventory(MANIFESTS, 20);
  yield* planning('20 repositories', plain, ['name', 'json']);
  yield* planning('20 repositories with one config for all', withOneConfig(plain), ['name']);
  yield* planning('one repository', largeInventory(MANIFESTS, 1), ['name']);
}

async function* planning(what: string, inventory: Inventory, forms: readonly string[]): AsyncGenerator<Row> {
  const document = file('inventory.json', [JSON.stringify(inventory)]);
  const parsed: [cold: number, warm: number][] = [];
  const costs = forms.map((): Cost[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    parsed.push((await node(['-e', PARSE, document])).stdout.split(' ').map(Number) as [number, number]);
    for (const [index, form] of forms.entries()) costs[index]?.push(await plan(document, form));
  }
  for (const [index, form] of forms.entries()) {
    const processor = (costs[index] as Cost[]).map((cost) => cost.processor);
    yield {
      part: 'planning 100,000 manifests',
      what: `${what}, -o ${form}`,
      figures: {
        's of processor time': median(processor),
        'times JSON.parse, warm': ratio(
          processor,
          parsed.map(([, warm]) => warm),
        ),
        'times JSON.parse, cold': ratio(
          processor,
          parsed.map(([cold]) => cold),
        ),
        MB: median((costs[index] as Cost[]).map(({ megabytes }) => megabytes)),
      },
    };
  }
}

/** The same inventory, in which all images have the OCI empty config. */
function withOneConfig(inventory: Inventory): Inventory {
  const config = asDigest('sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
  const repositories = inventory.repositories.map((read) => ({
    ...read,
    manifests: read.manifests.map((manifest) => (manifest.config === undefined ? manifest : { ...manifest, config })),
  }));
  return { ...inventory, repositories };
}
