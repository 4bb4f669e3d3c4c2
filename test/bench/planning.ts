import type { Inventory } from '../../src/domain/inventory.ts';
import { asDigest } from '../digest.ts';
import { largeInventory, NOW } from './large-inventory.ts';
import { type Cost, file, median, node, PROGRAM, ratio, type Row } from './measure.ts';

const POLICY = `version: 1
policies:
  - name: bench
    protect:
      - tags: ["v1.*"]
      - tags: ["prod-*"]
    rules:
      - {name: releases, tags: ["v*"], order: semver, per: minor, keep: {last: 3}}
      - {name: branches, tags: {regex: '(?<branch>.+)-[0-9a-f]{7,40}'}, per: branch, keep: {last: 3, days: 14, max: 50}}
      - {name: the rest, tags: ["**"], keep: {days: 30}}
      - {name: untagged, untagged: true, keep: {days: 7}}
`;
const ROUNDS = 3;
const MANIFESTS = 100_000;
const GROWTH = [10_000, 30_000, 100_000];

/** Parses a document four times, and prints the processor time of the first time and the median of the others, in seconds. */
const PARSE =
  'const text=require("fs").readFileSync(process.argv[1],"utf8");const took=[];' +
  'for(let i=0;i<4;i++){const begin=process.cpuUsage();globalThis.value=JSON.parse(text);' +
  'const{user,system}=process.cpuUsage(begin);took.push((user+system)/1e6)}' +
  'const[cold,...warm]=took;console.log(cold,warm.sort((a,b)=>a-b)[1])';

/** Planning beside `JSON.parse` of the same document, and how it grows. */
export function measurePlanning(): Row[] {
  const policy = file('policy.yaml', POLICY);
  const plan = (document: string, form: string): Cost =>
    node([PROGRAM, 'prune', '--inventory', document, '-p', policy, '--now', new Date(NOW).toISOString(), '-o', form, '-q']);
  const measure = (what: string, inventory: Inventory, forms: readonly string[]): Row[] => {
    const document = file('inventory.json', JSON.stringify(inventory));
    const rounds = Array.from({ length: ROUNDS }, () => ({
      parse: node(['-e', PARSE, document]).stdout.split(' ').map(Number) as [cold: number, warm: number],
      plans: forms.map((form) => plan(document, form)),
    }));
    return forms.map((form, index): Row => {
      const costs = rounds.map(({ plans }) => plans[index] as Cost);
      const processor = costs.map((cost) => cost.processor);
      return {
        part: 'planning 100,000 manifests',
        what: `${what}, -o ${form}`,
        figures: {
          's of processor time': median(processor),
          'times JSON.parse, warm': ratio(
            processor,
            rounds.map(({ parse }) => parse[1]),
          ),
          'times JSON.parse, cold': ratio(
            processor,
            rounds.map(({ parse }) => parse[0]),
          ),
          MB: median(costs.map(({ megabytes }) => megabytes)),
        },
      };
    });
  };
  const plain = largeInventory(MANIFESTS, 20);
  return [
    ...measure('20 repositories', plain, ['name', 'json']),
    ...measure('20 repositories with one config for all', withOneConfig(plain), ['name']),
    ...measure('one repository', largeInventory(MANIFESTS, 1), ['name']),
    ...measureGrowth(plan),
  ];
}

/** From one size to the next, the exponent of what is left of the processor time without that of a plan of nothing. */
function measureGrowth(plan: (document: string, form: string) => Cost): Row[] {
  const cost = (manifests: number): number => {
    const document = file('inventory.json', JSON.stringify(largeInventory(manifests, 1)));
    return median(Array.from({ length: ROUNDS }, () => plan(document, 'name').processor));
  };
  const nothing = cost(0);
  let before: { readonly manifests: number; readonly processor: number } | undefined;
  return GROWTH.map((manifests) => {
    const processor = cost(manifests) - nothing;
    const exponent = before && Math.log(processor / before.processor) / Math.log(manifests / before.manifests);
    before = { manifests, processor };
    return {
      part: 'growth, one repository',
      what: `${manifests.toLocaleString('en')} manifests`,
      figures: { 's of processor time without start-up': processor, ...(exponent !== undefined && { exponent }) },
    };
  });
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
