import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ConnectionFlags } from '../config/settings.ts';
import { openInventory } from '../documents/inventory-source.ts';
import { EXIT } from '../diagnostics/exit-codes.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Plan } from '../plan/plan.ts';
import { firstPolicy, type PolicyGround } from '../policy/first-policy.ts';
import type { Context, GlobalOptions } from './context.ts';
import { inventory as takeInventory } from './inventory.ts';
import { say } from './io.ts';
import { planAnswer } from './plan-output.ts';
import { withPlan } from './planning.ts';
import { writeWhole } from './write-file.ts';

export interface InitOptions extends GlobalOptions, ConnectionFlags {
  readonly registry?: readonly string[];
  readonly inventory?: string;
  /** Default `policy.yaml`; `-` is stdout. */
  readonly out?: string;
}

/** Names that are written into the policy one by one; of more repositories it is for all. */
const NAMED = 10;

/**
 * `init`: writes a first policy from what is there, and shows what it would do. Never writes over a file. Answers the exit code of the
 * reading: where not everything could be read, the policy is written from the rest.
 */
export async function init(
  words: readonly string[],
  options: InitOptions,
  context: Context,
  next: (policy: string) => string,
): Promise<number> {
  const { io } = context;
  const out = options.out ?? 'policy.yaml';
  const toStdout = out === '-';
  const file = resolve(io.cwd, out);
  if (!toStdout && (await exists(file)))
    throw new ToolError('USAGE', `${out} is there already, and is not written over.`, {
      hint: 'Name another file with --out, or - for stdout.',
    });
  const folder = await mkdtemp(join(tmpdir(), 'regprune-init-'));
  try {
    const taken = options.inventory === undefined ? join(folder, 'inventory.jsonl') : resolve(io.cwd, options.inventory);
    const code = options.inventory === undefined ? await takeInventory(words, { ...options, out: taken }, context) : EXIT.done;
    const ground = await groundIn(taken, words.length > 0, io.signal);
    const draft = join(folder, 'policy.yaml');
    await writeWhole(draft, firstPolicy(ground));
    const { color, verbose } = options;
    const planBy = (policy: string): Promise<Plan> =>
      withPlan([], { policy: [policy], inventory: taken, color, quiet: true }, context, async ({ plan }) => plan);
    const text = firstPolicy({ ...ground, mostPercent: neededPercent(await planBy(draft)) });
    if (toStdout) {
      io.stdout.write(text);
      return code;
    }
    await writeWhole(file, text);
    const plan = await planBy(file);
    const shown = { applyCommand: undefined };
    io.stdout.write((await planAnswer(plan, { form: 'table' }, { color, ...(verbose && { verbose }) }, io, shown)) as string);
    if (!options.quiet) say(io, `${out} is written. Change it, and look again:`, `  ${next(out)}`);
    return code;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The percent that a first plan deletes, rounded up to tens, where the limit of the draft blocks it: its own limit must not do that. */
function neededPercent({ blockedBy }: Plan): number {
  const { limit = 50, actual = limit } = blockedBy.find(({ code }) => code === 'maxDeletePercent') ?? {};
  return Math.ceil(Math.max(limit, actual) / 10) * 10;
}

async function groundIn(file: string, named: boolean, signal: AbortSignal): Promise<PolicyGround> {
  const tags: string[] = [];
  const names = new Set<string>();
  let untagged = 0;
  const { repositories } = await openInventory(file, { signal, blobs: false });
  for await (const { repository, manifests, capabilities } of repositories) {
    names.add(repository);
    for (const manifest of manifests) tags.push(...(manifest.tags ?? []));
    const children = new Set(manifests.flatMap(({ children: parts = [] }) => parts));
    if (!capabilities.listUntagged) continue;
    untagged += manifests.filter((one) => (one.tags ?? []).length === 0 && one.subject === undefined && !children.has(one.digest)).length;
  }
  if (tags.length + untagged === 0)
    throw new ToolError('NOT_FOUND', 'There is no image to write a policy from.', { hint: 'Name repositories that have some.' });
  return { tags, untagged, ...(named && names.size <= NAMED && { repositories: [...names] }) };
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
