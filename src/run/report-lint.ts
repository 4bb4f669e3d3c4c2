import { loadPolicies } from '../config/policy-source.ts';
import type { ConnectionFlags } from '../config/settings.ts';
import { EXIT } from '../diagnostics/exit-codes.ts';
import { byCodeUnit } from '../domain/compare.ts';
import type { Checklist, ChecklistItem } from '../lint/checklist.ts';
import { type LintSettings, RegistryLint } from '../lint/registry-lint.ts';
import { compileGlobs } from '../policy/glob.ts';
import { governingPolicy } from '../policy/governing.ts';
import { compilePolicy } from '../policy/policy.ts';
import type { Registry } from '../registry/registry.ts';
import { checklistJunit, checklistMarkdown } from '../report/checklist-documents.ts';
import { checklistText } from '../report/checklist-text.ts';
import { toJson } from '../report/json.ts';
import { PLAIN } from '../report/style.ts';
import { toYaml } from '../report/yaml.ts';
import type { ChecklistForm } from './checklist-forms.ts';
import type { Context, GlobalOptions } from './context.ts';
import { collecting } from './diagnose-registry.ts';
import type { Checked } from './failed-by.ts';
import { exitCodeAfter, type Failure, tellErrors, unreadOf } from './failures.ts';
import { repositoriesInFile } from './inventory-file.ts';
import { say } from './io.ts';
import { readRestored } from './journal-folder.ts';
import { checkOutputFiles, type OutputOptions, outputsOf, writeOutputs } from './outputs.ts';
import { styleOf } from './style-of.ts';
import { startProgress } from './progress.ts';
import { placesOf, readRepositories, type RepositoryRead } from './read-repositories.ts';
import { openWorkplace, type Workplace } from './workplace.ts';

export interface LintOptions extends ConnectionFlags, GlobalOptions, OutputOptions<ChecklistForm> {
  readonly policy?: readonly string[];
  readonly registry?: readonly string[];
  readonly inventory?: string;
  readonly production?: readonly string[];
  readonly concurrency?: string;
  readonly rate?: string;
  readonly cacheDir?: string;
  readonly cache?: boolean;
  readonly detailedExitcode?: boolean;
}

/** Repositories of a registry that are asked what the registry does by itself, each of another project. */
const ASKED = 10;

/** `report lint`: how the content of registries keeps to the rules. Answers the exit code. */
export async function reportLint(words: readonly string[], options: LintOptions, context: Context): Promise<number> {
  const { io, version } = context;
  const outputs = outputsOf(options, 'table');
  await checkOutputFiles(outputs, io, options.out);
  const now = io.now();
  const offline = options.inventory;
  const workplace = await openWorkplace(
    offline === undefined ? words : [],
    offline === undefined ? options : { ...options, registry: [] },
    context,
  );
  const settings = await settingsOf(workplace, options, now, io.signal);
  const failures: Failure[] = [];
  const lints = new Map<string, RegistryLint>();
  let wasRead = false;
  const look = ({ inventory, error }: RepositoryRead): void => {
    const { registry, repository, complete, manifests } = inventory;
    if (error) failures.push({ registry, repository, error });
    if (!complete && manifests.length === 0) return;
    wasRead = true;
    const lint = lints.get(registry) ?? new RegistryLint(registry, settings);
    lints.set(registry, lint);
    lint.add(inventory);
  };
  const beside = new Map<string, readonly ChecklistItem[]>();
  if (offline !== undefined) {
    const meant = [...words, ...(options.registry ?? [])];
    for await (const read of repositoriesInFile(offline, meant, undefined, { signal: io.signal, blobs: false }, () => {})) look(read);
  } else await lookLive(workplace, options, context, failures, look, beside);
  const checklist: Checklist = {
    kind: 'Checklist',
    formatVersion: '1.0',
    tool: { name: 'regprune', version },
    checkedAt: new Date(now).toISOString(),
    ...(failures.length > 0 && { unread: unreadOf(failures) }),
    registries: [...lints].toSorted(([a], [b]) => byCodeUnit(a, b)).map(([name, lint]) => lint.checklist(beside.get(name))),
  };
  await writeOutputs(io, outputs, ({ form, file }) => {
    const table = (): string => checklistText(checklist, file === undefined ? styleOf(io, options) : PLAIN);
    return { json: toJson, yaml: toYaml, markdown: checklistMarkdown, junit: checklistJunit, table }[form](checklist);
  });
  tellErrors(failures, context);
  const hasFindings = checklist.registries.some(({ items }) => items.some(({ state }) => state === 'finding'));
  return exitCodeAfter(
    options.detailedExitcode && hasFindings ? EXIT.planned : EXIT.done,
    failures.map(({ error }) => error),
    wasRead ? EXIT.partial : EXIT.failed,
  );
}

/** Reads the registries, and asks them what they do by themselves. */
async function lookLive(
  workplace: Workplace,
  options: LintOptions,
  context: Context,
  failures: Failure[],
  look: (read: RepositoryRead) => void,
  beside: Map<string, readonly ChecklistItem[]>,
): Promise<void> {
  const { io } = context;
  // Loaded where a registry is read: an inventory from a file needs no client.
  const { openRegistries } = await import('./registries.ts');
  const ends = { signal: io.signal, waits: io.signal };
  const registries = await openRegistries(workplace.settings.registries, workplace.named, workplace.settings, context, ends);
  const progress = await startProgress(context, options);
  try {
    const everything = {
      reads: () => true,
      shares: () => true,
      specs: [],
      onSkipped: (message: string) => say(io, message),
      restored: await readRestored(workplace.settings),
      signal: io.signal,
      progress,
    };
    const projects = new Map<string, Map<string, string>>();
    for await (const read of readRepositories(placesOf(registries, workplace), everything, (failure) => failures.push(failure))) {
      look(read);
      const { registry, repository } = read.inventory;
      const known = projects.get(registry) ?? new Map<string, string>();
      const [project = ''] = repository.split('/');
      if (read.wasRead && !known.has(project)) projects.set(registry, known.set(project, repository));
    }
    for (const [name, repositories] of projects) {
      progress.show(`asking ${name} what it does by itself`);
      beside.set(name, await besideOf(registries.byName.get(name) as Registry, [...repositories.values()].slice(0, ASKED)));
    }
  } finally {
    progress.stop();
    await registries.close();
  }
}

/** What a registry deletes, locks and collects by itself. What several repositories are answered alike is told once. */
async function besideOf(registry: Registry, repositories: readonly string[]): Promise<ChecklistItem[]> {
  const answers: Pick<Checked, 'check' | 'state' | 'message' | 'next'>[] = [];
  for (const repository of repositories) answers.push(...((await registry.beside?.(repository)) ?? []));
  if (answers.every(({ check }) => check !== 'garbage')) answers.push(collecting(registry));
  const items = new Map<string, ChecklistItem>();
  for (const { check, state, message, next } of answers)
    items.set(`${check} ${message}`, {
      check,
      state: state === 'ok' ? 'pass' : state === 'unknown' ? 'unknown' : 'finding',
      message,
      ...(next !== undefined && { next }),
    });
  return [...items.values()];
}

async function settingsOf({ settings }: Workplace, { production }: LintOptions, now: number, signal: AbortSignal): Promise<LintSettings> {
  const matches = production && compileGlobs(production);
  const loaded = settings.policies.length > 0 ? await loadPolicies(settings.policies, undefined, signal) : undefined;
  const policies = loaded?.map(({ spec, source, digest }) => compilePolicy(spec, { source, digest }));
  return {
    now,
    isProduction: matches && ((registry, repository) => matches(repository) || matches(`${registry}/${repository}`)),
    isGoverned: policies && ((registry, repository) => governingPolicy(policies, registry, repository) !== undefined),
  };
}
