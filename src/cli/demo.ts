import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedRegistry, startEmbeddedRegistry } from '../demo/embedded-registry.ts';
import { fillHistory } from '../demo/history.ts';
import { EXIT } from '../diagnostics/exit-codes.ts';
import { bytes, count } from '../report/text.ts';
import type { GlobalOptions } from '../run/context.ts';
import type { Io } from '../run/io.ts';
import { writeWhole } from '../run/write-file.ts';
import { styleOf } from '../run/style-of.ts';
import type { CommandContext } from './command-context.ts';
import { packageRoot } from './package-root.ts';

export interface DemoOptions extends GlobalOptions {
  readonly serve?: boolean;
}

/** `demo`: the commands that a user would type, on a registry of this process. */
export async function demo(options: DemoOptions, context: CommandContext): Promise<number> {
  const registry = await startEmbeddedRegistry();
  try {
    const { running } = await fillHistory(registry, new Date(context.io.now()));
    return options.serve ? await serve(registry, context) : await show(registry, running, options, context);
  } finally {
    await registry.close();
  }
}

const POLICY = join('policies', 'demo.yaml');

async function serve({ host, storage }: EmbeddedRegistry, { io }: CommandContext): Promise<number> {
  const policy = join(packageRoot().folder, POLICY);
  io.stdout.write(
    `A registry with ${inventoryWords(storage)} is at http://${host} until you stop it with Ctrl-C.\n\n` +
      `Try, in another terminal:\n\n` +
      `  ${io.program} prune ${host} -p ${policy}\n` +
      `  ${io.program} prune ${host}/team/web --tags 'main-*' --keep-last 5\n` +
      `  ${io.program} explain ${host}/team/api:latest -p ${policy}\n` +
      `  ${io.program} prune ${host} -p ${policy} --apply\n`,
  );
  if (!io.signal.aborted) await new Promise<void>((resolve) => io.signal.addEventListener('abort', () => resolve(), { once: true }));
  return EXIT.done;
}

/** Runs plan, apply and undo, each as its command line. Journals and everything else go to a folder that is removed at the end. */
async function show(
  registry: EmbeddedRegistry,
  running: readonly string[],
  options: DemoOptions,
  { io, runProgram }: CommandContext,
): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'regprune-demo-'));
  const style = styleOf(io, options);
  const flags = options.color ? [] : ['--no-color'];
  const say = (text: string): void => void io.stdout.write(`${text}\n\n`);
  const command = async (words: readonly string[], files: Readonly<Record<string, string>>): Promise<number> => {
    say(style.bold(`$ ${io.program} ${words.join(' ')}`));
    const code = await runProgram([...words.map((word) => files[word] ?? word), ...flags], demoIo(io, folder));
    io.stdout.write('\n');
    return code;
  };
  try {
    const files = { [POLICY]: join(packageRoot().folder, POLICY), 'running.txt': join(folder, 'running.txt') };
    await writeWhole(files['running.txt'], running.map((image) => `${registry.host}/${image}\n`).join(''));
    const before = fingerprint(registry);
    say(
      `A registry on this machine, with ${inventoryWords(registry.storage)} of a good year. ` +
        'A policy says what to keep, a list says what runs; what would go?',
    );
    const planned = await command(['prune', registry.host, '-p', POLICY, '--in-use', 'running.txt', '--plan-out', 'plan.json'], files);
    if (planned !== EXIT.done) return planned;
    const { stored } = registry.storage.blobBytes();
    const applied = await command(['apply', 'plan.json', '--in-use', 'running.txt', '--yes'], files);
    if (applied !== EXIT.done) return applied;
    say(
      `Left: ${inventoryWords(registry.storage)}. ` +
        `The registry's garbage collection would now free ${bytes(stored - registry.storage.blobBytes().reachable)}.`,
    );
    const [journal] = (await readdir(join(folder, 'journal'))).filter((name) => name.endsWith('.jsonl'));
    const undone = await command(['undo', join('journal', journal ?? ''), '--yes'], files);
    if (undone !== EXIT.done) return undone;
    if (fingerprint(registry) !== before) throw new Error('the registry of the demo is not what it was before');
    say(`Back: ${inventoryWords(registry.storage)}, every digest as it was.`);
    io.stdout.write(`Now yours:  ${style.bold(`${io.program} demo --serve`)}, or ${style.bold(`${io.program} prune --help`)}\n`);
    return EXIT.done;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The same streams, but without the config, the journals and the cache of the user. */
function demoIo(io: Io, folder: string): Io {
  const env = Object.fromEntries(Object.entries(io.env).filter(([name]) => !/^REG(?:CTL|ISTRY)_/.test(name)));
  return { ...io, cwd: folder, env: { ...env, REGCTL_JOURNAL_DIR: join(folder, 'journal'), REGCTL_CACHE_DIR: join(folder, 'cache') } };
}

function inventoryWords({ repositories }: EmbeddedRegistry['storage']): string {
  const all = [...repositories.values()];
  const tags = all.reduce((sum, one) => sum + one.tags.size, 0);
  const manifests = all.reduce((sum, one) => sum + one.manifests.size, 0);
  return `${count(all.length, 'repository', 'repositories')}, ${count(tags, 'tag')} and ${count(manifests, 'manifest')}`;
}

/** Everything that can be pulled, as one text. */
function fingerprint({ storage }: EmbeddedRegistry): string {
  const lines = [...storage.repositories].flatMap(([name, { tags, manifests }]) => [
    ...[...tags].map(([tag, digest]) => `${name}:${tag} ${digest}`),
    ...[...manifests].map(([digest, { mediaType }]) => `${name}@${digest} ${mediaType}`),
  ]);
  return lines.toSorted().join('\n');
}
