import { largeRepositories } from './large-inventory.ts';
import { type Cost, file, median, type Row } from './measure.ts';
import { plan } from './plan-document.ts';

const ROUNDS = 3;
/** Larger ones are planned once. */
const OFTEN = 100_000;
const IN_A_REPOSITORY = 100;

/** How planning grows: with the repositories, as registries do, up to a million manifests, and within one repository. */
export async function* measureGrowth(): AsyncGenerator<Row> {
  yield* growth('growth, repositories of 100 manifests', [1000, 10_000, 100_000, 1_000_000], (manifests) => manifests / IN_A_REPOSITORY);
  yield* growth('growth, one repository', [1000, 10_000, 100_000, 200_000], () => 1);
}

/** From one size to the next, the exponent of what is left of the processor time without that of a plan of nothing; and the memory. */
async function* growth(part: string, sizes: readonly number[], repositories: (manifests: number) => number): AsyncGenerator<Row> {
  const nothing = median((await costs(0, 1)).map((cost) => cost.processor));
  let before: { readonly manifests: number; readonly processor: number } | undefined;
  for (const manifests of sizes) {
    const all = await costs(manifests, repositories(manifests));
    const processor = median(all.map((cost) => cost.processor)) - nothing;
    const exponent = before && Math.log(processor / before.processor) / Math.log(manifests / before.manifests);
    before = { manifests, processor };
    yield {
      part,
      what: `${manifests.toLocaleString('en')} manifests`,
      figures: {
        's of processor time without start-up': processor,
        ...(exponent !== undefined && { exponent }),
        MB: median(all.map((cost) => cost.megabytes)),
      },
    };
  }
}

/** What planning costs from a file of a repository a line, which is written as it is made. */
async function costs(manifests: number, repositories: number): Promise<Cost[]> {
  const document = file('inventory.jsonl', lines(manifests, repositories));
  const all: Cost[] = [];
  for (let round = 0; round < (manifests > OFTEN ? 1 : ROUNDS); round++) all.push(await plan(document, 'name'));
  return all;
}

function* lines(manifests: number, repositories: number): Generator<string> {
  for (const repository of largeRepositories(manifests, repositories)) yield `${JSON.stringify(repository)}\n`;
}
