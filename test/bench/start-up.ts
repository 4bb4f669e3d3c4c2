import { interleaved, median, node, PROGRAM, ratio, type Row } from './measure.ts';

const ROUNDS = 9;

/** Start-up beside bare Node.js. */
export async function* measureStartUp(): AsyncGenerator<Row> {
  const processor = async (args: readonly string[]): Promise<number> => (await node(args)).processor;
  const costs = await interleaved(ROUNDS, {
    'node -e 0': () => processor(['-e', '0']),
    'regctl --version': () => processor([PROGRAM, '--version']),
    'regctl --help': () => processor([PROGRAM, '--help']),
  });
  for (const [what, took] of Object.entries(costs))
    yield {
      part: 'start-up',
      what,
      figures: { 's of processor time': median(took), 'times bare Node.js': ratio(took, costs['node -e 0']) },
    };
}
