import type { ConnectionFlags } from '../config/settings.ts';
import { resolve } from 'node:path';
import { EXIT } from '../diagnostics/exit-codes.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Inventory, RepositoryInventory } from '../domain/inventory.ts';
import { toJson, toJsonLine } from '../report/json.ts';
import { toYaml } from '../report/yaml.ts';
import { say } from './io.ts';
import type { Context, GlobalOptions } from './context.ts';
import { startProgress } from './progress.ts';
import { readRestored } from './journal-folder.ts';
import { writeAnswer } from './answer.ts';
import { exitCodeAfter, type Failure, tellErrors } from './failures.ts';
import { placesOf, readRepositories } from './read-repositories.ts';
import { openRegistries } from './registries.ts';
import { readScanReports } from './scan-reports.ts';
import { openWorkplace } from './workplace.ts';
import { checkWritable } from './write-file.ts';

export interface InventoryOptions extends ConnectionFlags, GlobalOptions {
  readonly registry?: readonly string[];
  readonly concurrency?: string;
  readonly rate?: string;
  readonly cacheDir?: string;
  readonly cache?: boolean;
  /** Absent: what `out` ends in, or else JSON. */
  readonly output?: 'json' | 'jsonl' | 'yaml';
  readonly out?: string;
}

/**
 * `inventory`: writes what is there. A repository that could not be read is in the document, empty and incomplete, and decides the exit
 * code.
 */
export async function inventory(words: readonly string[], options: InventoryOptions, context: Context): Promise<number> {
  const { io } = context;
  const takenAt = new Date(io.now()).toISOString();
  if (options.out !== undefined && options.out !== '-') await checkWritable(resolve(io.cwd, options.out), '--out');
  const workplace = await openWorkplace(words, options, context);
  const partial = [...workplace.scopes.values()].some(({ globs }) => !globs.includes('**'));
  const head: Omit<Inventory, 'repositories'> = { kind: 'Inventory', formatVersion: '1.0', takenAt, ...(partial && { partial }) };
  const { reports, problems } = await readScanReports(workplace.settings, io.signal);
  if (problems.length > 0) throw unreadReports(problems);
  const registries = await openRegistries(workplace.settings.registries, workplace.named, workplace.settings, context, {
    signal: io.signal,
    waits: io.signal,
  });
  const progress = await startProgress(context, options);
  const failures: Failure[] = [];
  let wasRead = false;
  const everything = {
    reads: () => true,
    shares: () => true,
    specs: [],
    onSkipped: (message: string) => say(io, message),
    restored: await readRestored(workplace.settings),
    signal: io.signal,
    progress,
  };

  async function* repositories(): AsyncGenerator<RepositoryInventory> {
    for await (const { inventory: one, error } of readRepositories(placesOf(registries, workplace), everything, (failure) =>
      failures.push(failure),
    )) {
      if (error) failures.push({ registry: one.registry, repository: one.repository, error });
      wasRead ||= one.complete || one.manifests.length > 0;
      yield reports?.added(one) ?? one;
    }
    progress.stop();
  }

  try {
    const format = options.output ?? (options.out?.endsWith('.jsonl') ? 'jsonl' : 'json');
    if (format === 'jsonl') {
      await writeAnswer(io, lines(head, repositories()), options.out);
    } else {
      const document: Inventory = { ...head, repositories: await all(repositories()) };
      await writeAnswer(io, format === 'json' ? toJson(document) : toYaml(document), options.out);
    }
    const errors = failures.map(({ error }) => error);
    tellErrors(failures, context);
    return exitCodeAfter(EXIT.done, errors, wasRead ? EXIT.partial : EXIT.failed);
  } finally {
    progress.stop();
    await registries.close();
  }
}

/** A document that lacked what they tell would be taken for one of images that were not scanned. */
function unreadReports(problems: readonly string[]): ToolError {
  return new ToolError('FILE', problems.join('\n'), { hint: 'Correct "findings" in the config, or the reports; nothing was written.' });
}

/** A head, then one repository a line. No repository is kept in memory. */
async function* lines(head: object, repositories: AsyncIterable<RepositoryInventory>): AsyncGenerator<string> {
  yield toJsonLine(head);
  for await (const repository of repositories) yield toJsonLine(repository);
}

async function all(repositories: AsyncIterable<RepositoryInventory>): Promise<RepositoryInventory[]> {
  const list: RepositoryInventory[] = [];
  for await (const repository of repositories) list.push(repository);
  return list;
}
