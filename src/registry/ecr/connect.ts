import type { AwsIdentity } from '../../auth/aws/credentials.ts';
import { createRetryStrategy } from '../../auth/aws/retry-strategy.ts';
import { createServiceConfig, type ServiceOptions } from '../../auth/aws/service-config.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { asList, asObject } from '../../domain/json.ts';
import { type Clock, systemClock } from '../../http/clock.ts';
import { HostLimiter } from '../../http/host-limiter.ts';
import { EcrClient } from './client.ts';
import { parseEcrHost } from './host.ts';
import { createPrivateService } from './private-service.ts';

/** Where a private registry is, and whose permissions are used. */
export interface EcrConnection extends Pick<ServiceOptions, 'http' | 'endpoint' | 'credentials' | 'waits'> {
  /** Its name in documents and messages. */
  readonly name: string;
  /** `https://<account>.dkr.ecr.<region>.amazonaws.com`, or another name for it, with `region`. */
  readonly url: string;
  readonly identity?: AwsIdentity;
  /** Where the host does not tell it. The region of the environment is never used: it may be another one. */
  readonly region?: string;
  /** The account that the registry must be of. Where neither this nor the host tells it, ECR takes the credentials' own. */
  readonly account?: string;
  /** Calls side by side. Default 8: ECR publishes no rates for them. */
  readonly concurrency?: number;
  readonly clock?: Clock;
}

export const DEFAULT_CONCURRENCY = 8;

/**
 * The client for a private registry; nothing is sent yet. Throws `CONFIG_INVALID` where nothing tells the region, or where host and config
 * tell different regions or accounts.
 */
export function connect(options: EcrConnection): EcrClient {
  const { name, url, identity = {}, concurrency = DEFAULT_CONCURRENCY, clock = systemClock } = options;
  const host = parseEcrHost(new URL(url).hostname);
  const limiter = new HostLimiter(concurrency);
  const config = createServiceConfig({ ...options, region: regionOf(options), limiter, clock, identity });
  // What the host does not ask for, the environment or the profile still may.
  const service = createPrivateService(
    { ...config, ...(host?.fips && { useFipsEndpoint: true }), ...(host?.dualStack && { useDualstackEndpoint: true }) },
    createRetryStrategy(limiter, clock, { once: true }),
  );
  const registryId = accountOf(options);
  const identify = (repositoryName: string): { readonly registryId?: string; readonly repositoryName: string } => ({
    ...(registryId !== undefined && { registryId }),
    repositoryName,
  });
  return new EcrClient({ name, service, limiter, identify });
}

/** The account of a registry, by its host or the config; undefined where neither tells it. */
export function accountOf({ name, url, account }: EcrConnection): string | undefined {
  const host = parseEcrHost(new URL(url).hostname);
  if (host && account !== undefined && account !== host.account) {
    throw new ToolError('CONFIG_INVALID', `The registry ${name} is of the account ${host.account} by its host, and not of ${account}.`, {
      hint: 'Correct "url" or "ecr.account".',
    });
  }
  return host?.account ?? account;
}

export function regionOf({ name, url, region }: EcrConnection): string {
  const host = parseEcrHost(new URL(url).hostname);
  if (host && region !== undefined && region !== host.region) {
    throw new ToolError('CONFIG_INVALID', `The registry ${name} is in ${host.region} by its host, and in ${region} by "ecr.region".`, {
      hint: 'Leave "ecr.region" out: the host tells it.',
    });
  }
  const known = host?.region ?? region;
  if (known !== undefined) return known;
  throw new ToolError('CONFIG_INVALID', `The registry ${name} is of type ecr, and its host does not tell its region.`, {
    hint: 'Give its own host, <account>.dkr.ecr.<region>.amazonaws.com, or "ecr.region" in the config.',
  });
}

/**
 * Asks ECR for the account of the credentials: by DescribeRegistry, or else by a repository, which tells it too. Throws `AUTH` and what
 * else {@link EcrClient.call} throws.
 */
export async function askAccount(options: EcrConnection): Promise<string> {
  const client = connect(options);
  const doing = `find out the account of ${options.name}`;
  try {
    return accountIn((await client.call({ operation: 'DescribeRegistry', doing }))['registryId'], doing);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    const input = { maxResults: 1 };
    const listed = await client.call({ operation: 'DescribeRepositories', doing, input }).catch(() => undefined);
    const [repository] = asList(listed?.['repositories']) ?? [];
    if (repository !== undefined) return accountIn(asObject(repository)?.['registryId'], doing);
    throw new ToolError(error.code, error.message, {
      hint: `${error.hint} Where the account is known, say "ecr.account" in the config: then it is not asked for.`,
      cause: error,
    });
  }
}

function accountIn(registryId: unknown, doing: string): string {
  if (typeof registryId === 'string' && /^\d{12}$/.test(registryId)) return registryId;
  throw badAnswer(doing, 'the answer names no account');
}
