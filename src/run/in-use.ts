import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import type { InUseSource } from '../config/config.ts';
import { type ErrorCode, ToolError } from '../diagnostics/tool-error.ts';
import type { InUse, InUseImage } from '../domain/in-use.ts';
import type { HttpTrace } from '../http/http-trace.ts';
import { commandName, type CommandOptions, readInUseCommand } from '../inuse/command.ts';
import { readInUseFile } from '../inuse/file.ts';
import { readMirrors } from '../inuse/mirrors.ts';
import { withOtherNames } from '../inuse/other-names.ts';
import { aliasesOf } from '../registry/image-names.ts';
import type { Context } from './context.ts';
import type { Workplace } from './workplace.ts';

/** Errors in what somebody wrote. Every other error means that the source could not be read. */
const MISTAKES: readonly ErrorCode[] = ['IN_USE_INVALID', 'CONFIG_INVALID', 'USAGE'];

/** What reading the sources needs. */
export type InUsePlace = Pick<Workplace, 'settings' | 'named' | 'hosts'>;

/**
 * Reads everything that the sources say is in use, each time that it is called; what comes through a pipe is read the first time alone.
 * `signal` ends the reading. A source that does not exist or cannot be read is a problem of the set, and a plan that was made with it must
 * not be applied. A source that can be read but is not valid throws `IN_USE_INVALID`; `mirrors` that are not valid throw `CONFIG_INVALID`.
 */
export function inUseReader(workplace: InUsePlace, context: Context, signal: AbortSignal): () => Promise<InUse> {
  const { settings, hosts } = workplace;
  const piped = new Map<InUseSource, readonly InUseImage[]>();
  return async () => {
    const mirrors = readMirrors(settings.mirrors, hosts);
    const images: InUseImage[] = [];
    const problems: string[] = [];
    for (const source of settings.inUse) {
      const once = await isPipe(source);
      const found = piped.get(source) ?? (await readOrProblem(() => readSource(source, workplace, context, signal), signal));
      if (typeof found === 'string') problems.push(found);
      else if (found.every(({ mentioned }) => mentioned) && !source.mayBeEmpty) problems.push(namesNothing(source));
      // Not spread into push(): a list may be longer than a call can have arguments.
      else for (const image of found) images.push(image);
      if (once && typeof found !== 'string') piped.set(source, found);
    }
    return { images: withOtherNames(images, aliasesOf, mirrors), problems, hosts };
  };
}

/** True of what can be read once: a named pipe, or what a shell puts in place of the output of a command. */
async function isPipe(source: InUseSource): Promise<boolean> {
  return (
    'file' in source &&
    stat(source.file).then(
      (found) => found.isFIFO(),
      () => false,
    )
  );
}

/** What is read, or a sentence that says why it cannot be. Throws for what somebody has to correct, and where the run is stopped. */
export async function readOrProblem<T>(read: () => Promise<T>, signal: AbortSignal): Promise<T | string> {
  try {
    return await read();
  } catch (error) {
    const failure: unknown = signal.aborted ? signal.reason : error;
    if (!(failure instanceof ToolError) || MISTAKES.includes(failure.code)) throw failure;
    return failure.message;
  }
}

function namesNothing(source: InUseSource): string {
  const called =
    'file' in source
      ? source.file
      : 'command' in source
        ? commandName(source.command)
        : 'kubernetes' in source
          ? ['the source "kubernetes"', ...(source.kubernetes.contexts ?? [])].join(' ')
          : `the source "${'ecs' in source ? 'ecs' : 'lambda'}"`;
  return `${called} names no image. Where nothing may be in use, give it as a source in the config, with "mayBeEmpty: true".`;
}

async function readSource(
  source: InUseSource,
  { named }: InUsePlace,
  { io, version, activity }: Context,
  signal: AbortSignal,
): Promise<readonly InUseImage[]> {
  const { mayBeEmpty } = source;
  if ('file' in source) return readInUseFile(source.file, { signal, mayBeEmpty });
  if ('command' in source) return readInUseCommand(source.command, commandOptions(named, io, signal));
  const { env } = io;
  const reading = { env, userAgent: `regprune/${version}`, signal, onTrace: (trace: HttpTrace) => activity.onTrace?.(trace) };
  if ('kubernetes' in source) {
    const { readKubernetes } = await import('../inuse/kubernetes/read-kubernetes.ts');
    return readKubernetes(source.kubernetes, { ...reading, home: env['HOME'] ?? homedir(), mayBeEmpty });
  }
  if ('ecs' in source) return (await import('../inuse/aws/ecs.ts')).readEcs(source.ecs, reading);
  return (await import('../inuse/aws/lambda.ts')).readLambda(source.lambda, reading);
}

/** How programs are run that list something: without the variables that passwords of registries are read from. */
export function commandOptions(named: Workplace['named'], { cwd, env }: Context['io'], signal: AbortSignal): CommandOptions {
  const withheld = named.flatMap(({ auth }) => (auth && 'env' in auth.password ? [auth.password.env] : []));
  return { cwd, env, withheld: ['REGISTRY_PASSWORD', 'DOCKER_AUTH_CONFIG', ...withheld], signal };
}
