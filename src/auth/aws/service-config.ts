import type { Clock } from '../../http/clock.ts';
import type { HostLimiter } from '../../http/host-limiter.ts';
import type { HttpClient } from '../../http/http-client.ts';
import { type AwsCredentials, awsCredentials, type AwsIdentity } from './credentials.ts';
import { createRequestHandler, type RequestHandler } from './request-handler.ts';
import { createRetryStrategy, type RetryEnds, type RetryStrategy } from './retry-strategy.ts';

export interface ServiceOptions extends RetryEnds {
  readonly region: string;
  readonly http: HttpClient;
  readonly limiter: HostLimiter;
  readonly clock: Clock;
  readonly identity: AwsIdentity;
  /** The address of the API. By default the SDK finds it (AWS_ENDPOINT_URL_ECR and the like, the profile, the region). */
  readonly endpoint?: string;
  /** Used instead of what the SDK's chain finds. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** What each client of the SDK takes. */
export interface ServiceConfig {
  readonly region: string;
  readonly requestHandler: RequestHandler;
  readonly retryStrategy: RetryStrategy;
  readonly credentials: AwsCredentials | NonNullable<ServiceOptions['credentials']>;
  readonly profile?: string;
  readonly endpoint?: string;
}

/** What the SDK's clients are made with, whatever the service. */
export function createServiceConfig({
  region,
  http,
  limiter,
  clock,
  identity,
  endpoint,
  credentials,
  signal,
  waits,
}: ServiceOptions): ServiceConfig {
  // The SDK warns on stderr that a future version needs a newer Node.js. The lockfile already decides which version is used.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  const requestHandler = createRequestHandler(http);
  return {
    region,
    requestHandler,
    retryStrategy: createRetryStrategy(limiter, clock, { signal, waits }),
    credentials: credentials ?? awsCredentials(identity, { region, requestHandler }),
    ...(identity.profile !== undefined && { profile: identity.profile }),
    ...(endpoint !== undefined && { endpoint }),
  };
}
