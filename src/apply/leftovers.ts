import { type FileHandle, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openDocument } from '../documents/open-document.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Digest } from '../domain/digest.ts';
import type { InUse } from '../domain/in-use.ts';
import { DAY_MS, parseTime } from '../domain/time.ts';
import type { DeleteManifestStep, Plan, PlannedImage, Step, Summary } from '../plan/plan.ts';
import type { Registry } from '../registry/registry.ts';
import type { ApplyReport } from './apply-report.ts';
import { type ApplyOptions, executePlan } from './execute-plan.ts';
import { Journal } from './journal.ts';
import { lockRepositories } from './lock-repositories.ts';
import type { JournalDocument, Place } from '../documents/journal.ts';
import { readJournal } from '../documents/read-journal.ts';

export interface LeftoverOptions extends Omit<ApplyOptions, 'plan' | 'journal'> {
  /** The journal folder. */
  readonly folder: string;
  /** The repositories that this run is about. */
  readonly wanted: (place: Place) => boolean;
  /** What is in use now: it was not asked for when the earlier run was planned. */
  readonly inUse: InUse;
}

export interface Leftovers {
  /** One for each repository in which something was left. */
  readonly reports: readonly ApplyReport[];
  /** What could not be finished. It is tried again by the next run. */
  readonly problems: readonly ToolError[];
}

const MAX_AGE = 7 * DAY_MS;
const NAME = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)-\d{3}Z-[0-9a-f]+\.jsonl$/;
/** Far longer than a journal's last line. */
const TAIL = 64 * 1024;

/**
 * Finishes what earlier runs had to leave when they were stopped or killed: manifests whose index or subject is deleted already. A plain registry does not list
 * them any more, so a new plan cannot know of them; the journals do. To be called before the inventory of a run that deletes.
 *
 * Only journals of the last week count, and of runs that are over. What is left is planned and carried out as everything is, with one difference: since
 * nothing is known of the rest of the repository, every tag is followed down to all that it needs, and nothing of that goes.
 */
export async function finishLeftovers(options: LeftoverOptions): Promise<Leftovers> {
  const reports: ApplyReport[] = [];
  const problems: ToolError[] = [];
  for (const name of await recentJournals(options.folder)) {
    const path = join(options.folder, name);
    try {
      if (await isFinished(path)) continue;
      const journal = await readJournal(path);
      if (!(await isOver(journal, options.folder))) continue;
      if (await finishJournal(journal, options, reports)) await writeFile(`${path}.finished`, '');
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      problems.push(error);
    }
  }
  return { reports, problems };
}

/** Names of the journals that count and are not known to be finished; the oldest first. */
async function recentJournals(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new ToolError('FILE', `cannot read the journal folder ${folder}: ${error.message}`, {
      hint: 'check the journal folder',
      cause: error,
    });
  });
  const all = new Set(names);
  const found: string[] = [];
  for (const name of names.toSorted()) {
    const [, date, hour, minute, second] = NAME.exec(name) ?? [];
    if (date === undefined || all.has(`${name}.finished`)) continue;
    const begun = parseTime(`${date}T${hour}:${minute}:${second}Z`);
    if (begun !== undefined && Date.now() - begun > MAX_AGE) continue;
    found.push(name);
  }
  return found;
}

/** False of one without an end, and of one with an end that says that something was left. Throws `FILE` for what cannot be read. */
async function isFinished(path: string): Promise<boolean> {
  let file: FileHandle | undefined;
  try {
    file = await openDocument(path);
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(TAIL), 0, TAIL, Math.max(0, size - TAIL));
    const line = buffer.toString('utf8', 0, bytesRead).split('\n').at(-2);
    const end = JSON.parse(line ?? '') as { kind?: unknown; unfinished?: unknown } | null;
    return end?.kind === 'end' && end.unfinished === false;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw new ToolError('FILE', `cannot read the journal ${path}: ${(error as Error).message}`, {
      hint: 'check what is in the journal folder',
      cause: error,
    });
  } finally {
    await file?.close();
  }
}

/** A run holds the locks of all its repositories until its end: whoever gets them knows that it is over. */
async function isOver({ header, steps }: JournalDocument, folder: string): Promise<boolean> {
  try {
    const unlock = await lockRepositories(
      folder,
      steps.map(({ registry, repository }) => ({ url: urlOf(header, registry), repository })),
    );
    await unlock();
    return true;
  } catch (error) {
    if (error instanceof ToolError && error.code === 'NOT_APPLYABLE') return false;
    throw error;
  }
}

/** True if nothing of it is left. */
async function finishJournal({ header, steps }: JournalDocument, options: LeftoverOptions, reports: ApplyReport[]): Promise<boolean> {
  let clean = true;
  for (const { registry: name, repository, steps: planned } of steps) {
    const registry = options.registries.get(name);
    if (!registry || registry.url !== urlOf(header, name) || !options.wanted({ registry: name, repository })) {
      clean = false;
      continue;
    }
    const left = await stepsLeft(registry, repository, planned, usedDigests(options.inUse));
    if (left.length === 0) continue;
    const report = await executePlan({
      ...options,
      plan: planFor(registry, repository, left, header.tool.version),
      journal: new Journal(options.folder),
    });
    reports.push(report);
    if (report.error || report.repositories.some((one) => one.error) || report.counts.failed + report.counts.skipped > 0) clean = false;
  }
  return clean;
}

/** The steps for manifests that are still there, and not in use, although everything that they were to go after is gone, or is among them. */
async function stepsLeft(
  registry: Registry,
  repository: string,
  planned: readonly Step[],
  used: ReadonlySet<Digest>,
): Promise<DeleteManifestStep[]> {
  const known = new Map<Digest, string | undefined>();
  const textOf = async (digest: Digest): Promise<string | undefined> => {
    if (!known.has(digest)) {
      const manifest = await registry.readManifest(repository, digest);
      known.set(digest, manifest && Buffer.from(manifest.bytes).toString('utf8'));
    }
    return known.get(digest);
  };
  const left = new Map<Digest, DeleteManifestStep>();
  for (const step of planned) {
    if (step.op !== 'delete-manifest' || step.after.length === 0) continue;
    let held = false;
    for (const holder of step.after) held ||= !left.has(holder) && (await textOf(holder)) !== undefined;
    const text = held ? undefined : await textOf(step.digest);
    // Its own digest, or in its bytes that of its config or of a child.
    const inUse = [...used].some((digest) => digest === step.digest || text?.includes(digest));
    if (text !== undefined && !inUse) left.set(step.digest, step);
  }
  return [...left.values()];
}

/** Nothing that is left has a tag, so digests alone matter. */
function usedDigests({ images }: InUse): Set<Digest> {
  return new Set(images.flatMap(({ image }) => ('digest' in image ? image.digest : (image.reference.digest ?? []))));
}

const NOTHING: Summary = {
  images: { keep: 0, untag: 0, delete: 0 },
  tags: { keep: 0, delete: 0 },
  bytes: { deleted: 0, freed: 0, exact: false },
};

function planFor({ name, type, url }: Registry, repository: string, left: readonly DeleteManifestStep[], version: string): Plan {
  const now = new Date().toISOString();
  const digests = new Set(left.map(({ digest }) => digest));
  const images = left.map(({ digest, expect, after }): PlannedImage => ({
    digest,
    mediaType: 'application/octet-stream',
    tags: Object.keys(expect),
    size: 0,
    action: 'delete',
    untag: [],
    reasons: after.map((by) => ({ code: 'deleted_with_parent', by })),
  }));
  const steps = left.map((step) => ({ ...step, after: step.after.filter((holder) => digests.has(holder)) }));
  return {
    kind: 'Plan',
    formatVersion: '1.0',
    tool: { name: 'regprune', version },
    createdAt: now,
    now,
    policies: [],
    applyable: true,
    blockedBy: [],
    repositories: [
      {
        registry: name,
        type,
        url,
        repository,
        policy: 'of an earlier run',
        complete: true,
        clock: 'none',
        images,
        steps,
        summary: NOTHING,
      },
    ],
    summary: NOTHING,
    diagnostics: [],
  };
}

function urlOf({ registries }: JournalDocument['header'], name: string): string {
  return new Map(Object.entries(registries)).get(name)?.url ?? '';
}
