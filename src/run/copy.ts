import pLimit from 'p-limit';
import { ImageCopier } from '../copy/image-copier.ts';
import { EXIT } from '../diagnostics/exit-codes.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { type StayingImage, stayingImages } from '../plan/staying-images.ts';
import { nothingRead } from '../plan/unread.ts';
import { copyRepository } from '../policy/copy-target.ts';
import type { Registry } from '../registry/registry.ts';
import { type CopiedImage, type CopiedRepository, type CopyReport, copyText } from '../report/copy-text.ts';
import { toJson } from '../report/json.ts';
import { PLAIN } from '../report/style.ts';
import { toYaml } from '../report/yaml.ts';
import type { Context } from './context.ts';
import { CopyTargets } from './copy-targets.ts';
import { exitCodeAfter, type Failure, oneOfEachHint, tellErrors } from './failures.ts';
import { checkOutputFiles, type OutputOptions, outputsOf, writeOutputs } from './outputs.ts';
import { styleOf } from './style-of.ts';
import { type Planning, type PlanningOptions, type ReadNow, withPlan } from './planning.ts';
import { type Progress, startProgress } from './progress.ts';
import { stoppedBy } from './stop.ts';

/** Images of one repository that are copied side by side. */
const IMAGES = 4;

export interface CopyOptions extends PlanningOptions, OutputOptions<'table' | 'json' | 'yaml'> {
  /** A registry of the config or a host, and what the names of the copies begin with. */
  readonly to: string;
  /** A tag that points elsewhere there is set on the image that has it here. */
  readonly moveTags?: boolean;
}

/** One repository with what of it is copied. */
interface Work {
  readonly from: Registry;
  readonly to: Registry;
  readonly repository: string;
  /** The repository that it is copied to. */
  readonly target: string;
  readonly images: readonly StayingImage[];
}

/** `copy`: what stays of what the rules select goes to another place too. Without `apply` it is only told. Answers the exit code. */
export async function copy(words: readonly string[], options: CopyOptions, context: Context): Promise<number> {
  const { io } = context;
  if (options.inventory !== undefined)
    throw new ToolError('USAGE', '--inventory says what was there when it was taken, and copy reads the images themselves.', {
      hint: 'Leave out --inventory.',
    });
  const outputs = outputsOf(options, 'table');
  await checkOutputFiles(outputs, io, options.out);
  const read: ReadNow[] = [];
  // Nothing is deleted, so nothing of what that needs is asked for.
  return withPlan(
    words,
    { ...options, apply: false },
    context,
    (planning) => copyAll(planning, read, options, context),
    (one) => read.push(one),
  );

  async function copyAll(
    planning: Planning,
    all: readonly ReadNow[],
    { apply = false }: CopyOptions,
    { io: { signal } }: Context,
  ): Promise<number> {
    const { failures } = planning;
    const errors = failures.map(({ error }) => error);
    if (nothingRead(planning.plan)) {
      tellErrors(failures, context);
      return exitCodeAfter(EXIT.done, errors, EXIT.notApplyable);
    }
    const progress = await startProgress(context, options);
    const failed: Failure[] = [];
    const repositories: CopiedRepository[] = [];
    try {
      for (const work of workOf(planning, all, options))
        repositories.push(await copyRepositoryOf(work, { apply, options, signal, progress, failed }));
    } finally {
      progress.stop();
    }
    const report: CopyReport = { kind: 'CopyReport', formatVersion: '1.0', applied: apply, repositories };
    await writeOutputs(io, outputs, ({ form, file }) => {
      const style = file === undefined ? styleOf(io, options) : PLAIN;
      return { json: toJson, yaml: toYaml, table: () => copyText(report, { style, verbose: options.verbose ?? false }) }[form](report);
    });
    tellErrors([...failures, ...oneOfEachHint(failed)], context);
    if (apply && signal.aborted) return stoppedBy(signal)?.exitCode ?? EXIT.partial;
    const images = repositories.flatMap((repository) => repository.images);
    const done = images.filter(({ outcome }) => outcome === 'copied').length;
    const code = !apply || done === images.length ? EXIT.done : done > 0 ? EXIT.partial : EXIT.failed;
    return exitCodeAfter(code, [...errors, ...failed.map(({ error }) => error)], EXIT.partial);
  }
}

/** Throws `USAGE` where something would be copied into a repository that is copied itself. */
function workOf({ plan, registries, workplace }: Planning, read: readonly ReadNow[], options: CopyOptions): Work[] {
  const target = new CopyTargets(workplace, options).targetOf(options.to);
  const all = read.flatMap(({ inventory, policy, wasRead }): Work[] => {
    const { registry, repository } = inventory;
    const planned = plan.repositories.find((one) => one.registry === registry && one.repository === repository);
    const [from, to] = [registries.get(registry), registries.get(target.registry)];
    const images = policy && planned && wasRead ? stayingImages(inventory, policy, planned, Date.parse(plan.now)) : [];
    return from && to && images.length > 0 ? [{ from, to, repository, target: copyRepository(target, repository), images }] : [];
  });
  for (const { to, target: name } of all) {
    if (all.every((other) => other.from.url !== to.url || other.repository !== name)) continue;
    throw new ToolError('USAGE', `${to.name}/${name} would be copied to, and is itself among what is copied.`, {
      hint: 'Copy to another registry or prefix, or name the repositories to copy.',
    });
  }
  return all;
}

interface Run {
  readonly apply: boolean;
  readonly options: CopyOptions;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** Told of images that could not be copied. */
  readonly failed: Failure[];
}

async function copyRepositoryOf({ from, to, repository, target, images }: Work, run: Run): Promise<CopiedRepository> {
  const place = { registry: from.name, repository, to: `${to.name}/${target}` };
  const told = images.map(({ digest, tags, size }): CopiedImage => ({ digest, tags, size }));
  if (!run.apply) return { ...place, images: told };
  const { store: source } = storeOf(from);
  const { store } = storeOf(to);
  const copier = new ImageCopier({
    from: { store: source, repository, readManifest: (digest) => from.readManifest(repository, digest) },
    to: { store, repository: target },
    movesTags: run.options.moveTags ?? false,
    concurrency: IMAGES,
    signal: run.signal,
  });
  const copyOne = async (image: StayingImage): Promise<Pick<CopiedImage, 'outcome' | 'message'>> => {
    if (run.signal.aborted) return { outcome: 'skipped', message: 'the run was stopped before its turn' };
    try {
      await copier.copy(image);
      return { outcome: 'copied' };
    } catch (error) {
      if (run.signal.aborted) return { outcome: 'skipped', message: 'the run was stopped before it was done' };
      if (!(error instanceof ToolError)) throw error;
      run.failed.push({ registry: from.name, repository, error });
      return { outcome: 'failed', message: error.message };
    }
  };
  let done = 0;
  const outcomes = await pLimit(IMAGES).map(images, async (image) => {
    const outcome = await copyOne(image);
    run.progress.show(`copying ${from.name}/${repository} to ${place.to}  ${(done += 1)}/${images.length}`);
    return outcome;
  });
  run.progress.done(
    `${from.name}/${repository} to ${place.to}: ${outcomes.filter(({ outcome }) => outcome === 'copied').length} of ${images.length} there`,
  );
  return { ...place, images: told.map((image, index) => ({ ...image, ...outcomes[index] })) };
}

function storeOf({ name, content }: Registry): { readonly store: NonNullable<Registry['content']> } {
  if (content) return { store: content };
  throw new ToolError('REGISTRY_ERROR', `Images of ${name} cannot be read and written by this program.`, {
    hint: 'Copy to another registry.',
  });
}
