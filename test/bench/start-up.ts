import { interleaved, median, node, PROGRAM, ratio, type Row } from './measure.ts';

const ROUNDS = 9;

/** Start-up beside bare Node.js. */
export function measureStartUp(): Row[] {
  const costs = interleaved(ROUNDS, {
    'node -e 0': () => node(['-e', '0']).processor,
    'regctl --version': () => node([PROGRAM, '--version']).processor,
    'regctl --help': () => node([PROGRAM, '--help']).processor,
  });
  return Object.entries(costs).map(([what, processor]) => ({
    part: 'start-up',
    what,
    figures: { 's of processor time': median(processor), 'times bare Node.js': ratio(processor, costs['node -e 0']) },
  }));
}
