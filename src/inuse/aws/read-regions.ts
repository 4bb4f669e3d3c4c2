import { setMaxListeners } from 'node:events';
import type { AwsIdentity } from '../../auth/aws/credentials.ts';
import { createServiceConfig, type ServiceConfig } from '../../auth/aws/service-config.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { InUseImage } from '../../domain/in-use.ts';
import { type Clock, systemClock } from '../../http/clock.ts';
import { createHttpClient } from '../../http/create-http-client.ts';
import type { HttpTrace } from '../../http/http-trace.ts';
import { HostLimiter } from '../../http/host-limiter.ts';
import { linkSignals } from '../../diagnostics/link-signals.ts';
import { AwsCalls } from './aws-calls.ts';

/** Where AWS runs something, and whose permissions are used to read that. */
export interface AwsPlaces extends AwsIdentity {
  /** Default: the one of the environment or the profile. */
  readonly regions?: readonly string[];
}

export interface AwsReading {
  /** Where AWS_REGION, AWS_DEFAULT_REGION and proxies are looked for. Everything else the SDK finds in the process's own. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly userAgent: string;
  readonly signal: AbortSignal;
  /** Called with each try of a request. */
  readonly onTrace?: (trace: HttpTrace) => void;
  readonly clock?: Clock;
}

/** A service, as the SDK has it. */
export interface AwsService<Client> {
  readonly prefix: 'ecs' | 'lambda';
  readonly title: string;
  /** Without a region, for that of the profile to be found. */
  readonly connect: (
    config: Omit<ServiceConfig, 'region'> & { readonly region?: string },
  ) => Client & { readonly config: { region(): Promise<string> } };
  readonly read: (client: Client, calls: AwsCalls, found: UsedImages) => Promise<void>;
}

/** Calls side by side in one region. */
const CONCURRENCY = 8;

/** Collects what is in use, each image once for each source. */
export class UsedImages {
  readonly #byKey = new Map<string, InUseImage>();

  add(image: InUseImage['image'], source: string): void {
    this.#byKey.set(`${'digest' in image ? image.digest : image.reference.text} ${source}`, { image, source });
  }

  get all(): InUseImage[] {
    return [...this.#byKey.values()];
  }
}

/**
 * What a service runs in each of the regions, one after another. Throws `CONFIG_INVALID` where nothing tells the region, and whatever the
 * first call that fails does; of the others nothing is left running then.
 */
export async function readRegions<Client>(
  service: AwsService<Client>,
  { regions, ...identity }: AwsPlaces,
  { env, userAgent, signal, onTrace, clock = systemClock }: AwsReading,
): Promise<InUseImage[]> {
  const stop = new AbortController();
  const linked = linkSignals([signal, stop.signal]);
  // As many as there are calls and waits side by side, which Node.js takes for a leak.
  setMaxListeners(0, linked.signal);
  const http = createHttpClient({ userAgent, env, clock, signal: linked.signal, ...(onTrace && { onTrace }) });
  const found = new UsedImages();
  const configOf = (region: string, limiter: HostLimiter): ServiceConfig =>
    createServiceConfig({ region, http, limiter, clock, identity, signal: linked.signal });
  try {
    for (const region of regions ?? [await defaultRegion(service, configOf('none', new HostLimiter(1)), env)]) {
      const limiter = new HostLimiter(CONCURRENCY);
      const client = service.connect(configOf(region, limiter));
      await service.read(
        client,
        new AwsCalls({ prefix: service.prefix, title: service.title, region, limiter, signal: linked.signal }),
        found,
      );
    }
    return found.all;
  } finally {
    stop.abort();
    linked.release();
    await http.close();
  }
}

/** That of the environment, by both of its names as the AWS CLI reads them (the SDK knows one), or of the profile. */
async function defaultRegion<Client>(
  { title, prefix, connect }: AwsService<Client>,
  { region: _none, ...config }: ServiceConfig,
  env: AwsReading['env'],
): Promise<string> {
  const named = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'];
  if (named) return named;
  try {
    return await connect(config).config.region();
  } catch (cause) {
    throw new ToolError(
      'CONFIG_INVALID',
      `Nothing tells the region whose ${title} is to be read: the in-use source "${prefix}" names no region, AWS_REGION is not set, ` +
        'and the profile has no region.',
      {
        hint: `List "regions" in the source, such as {${prefix}: {regions: [eu-central-1]}}, or set AWS_REGION.`,
        cause,
      },
    );
  }
}
