import { homedir } from 'node:os';
import type { InUseSource } from '../config/config.ts';
import { type ErrorCode, ToolError } from '../diagnostics/tool-error.ts';
import type { InUse, InUseImage } from '../domain/in-use.ts';
import { readInUseCommand } from '../inuse/command.ts';
import { readInUseFile } from '../inuse/file.ts';
import { readMirrors, withMirrored } from '../inuse/mirrors.ts';
import { withOtherNames } from '../inuse/other-names.ts';
import { aliasesOf } from '../registry/image-names.ts';
import type { Context } from './context.ts';
import type { Workplace } from './workplace.ts';

/** Errors in what somebody wrote. Every other error means that the source could not be read. */
const MISTAKES: readonly ErrorCode[] = ['IN_USE_INVALID', 'CONFIG_INVALID', 'USAGE'];

/**
 * Everything that the sources say is in use. `signal` ends the reading. A source that does not exist or cannot be read is a problem of the
 * set, and a plan that was made with it must not be applied. A source that can be read but is not valid throws `IN_USE_INVALID`; `mirrors`
 * that are not valid throw `CONFIG_INVALID`.
 */
export async function readInUse(workplace: Workplace, context: Context, signal: AbortSignal): Promise<InUse> {
  const { settings, hosts } = workplace;
  const mirrors = readMirrors(settings.mirrors, hosts);
  const images: InUseImage[] = [];
  const problems: string[] = [];
  for (const source of settings.inUse) {
    try {
      // Not spread into push(): a list may be longer than a call can have arguments.
      for (const image of await readSource(source, workplace, context, signal)) images.push(image);
    } catch (error) {
      const failure: unknown = signal.aborted ? signal.reason : error;
      if (!(failure instanceof ToolError) || MISTAKES.includes(failure.code)) throw failure;
      problems.push(failure.message);
    }
  }
  return { images: withOtherNames(withMirrored(images, mirrors), aliasesOf), problems, hosts };
}

async function readSource(
  source: InUseSource,
  { named }: Workplace,
  { io, version }: Context,
  signal: AbortSignal,
): Promise<readonly InUseImage[]> {
  if ('file' in source) return readInUseFile(source.file, signal);
  if ('command' in source)
    return readInUseCommand(source.command, { cwd: io.cwd, env: io.env, withheld: passwordVariables(named), signal });
  if ('kubernetes' in source) {
    const { readKubernetes } = await import('../inuse/kubernetes/read-kubernetes.ts');
    return readKubernetes(source.kubernetes, {
      env: io.env,
      home: io.env['HOME'] ?? homedir(),
      userAgent: `regprune/${version}`,
      signal,
    });
  }
  if ('ecs' in source)
    return (await import('../inuse/aws/ecs.ts')).readEcs(source.ecs, { env: io.env, userAgent: `regprune/${version}`, signal });
  return (await import('../inuse/aws/lambda.ts')).readLambda(source.lambda, {
    env: io.env,
    userAgent: `regprune/${version}`,
    signal,
  });
}

/** The variables that passwords of registries are read from. */
function passwordVariables(registries: Workplace['named']): string[] {
  return ['REGISTRY_PASSWORD', ...registries.flatMap(({ auth }) => (auth && 'env' in auth.password ? [auth.password.env] : []))];
}
