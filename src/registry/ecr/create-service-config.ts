import type { ECRClientConfig } from '@aws-sdk/client-ecr';
import type { Clock } from '../../http/clock.ts';
import type { HostLimiter } from '../../http/host-limiter.ts';
import type { HttpClient } from '../../http/http-client.ts';
import { awsCredentials, type EcrIdentity } from './credentials.ts';
import { createRequestHandler } from './request-handler.ts';
import { createRetryStrategy } from './retry-strategy.ts';

export interface ServiceOptions {
  readonly region: string;
  readonly http: HttpClient;
  readonly limiter: HostLimiter;
  readonly clock: Clock;
  readonly identity: EcrIdentity;
  /** The API's own address, in place of what the SDK finds (AWS_ENDPOINT_URL_ECR, the profile, the region's). */
  readonly endpoint?: string;
  /** In place of what the SDK's chain finds. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** What both SDK clients are made with. */
export function createServiceConfig({ region, http, limiter, clock, identity, endpoint, credentials }: ServiceOptions): ECRClientConfig {
  // The SDK warns on stderr that some day it will need a newer Node.js. Which one is used here is settled by the lockfile.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  const requestHandler = createRequestHandler(http);
  return {
    region,
    requestHandler,
    retryStrategy: createRetryStrategy(limiter, clock),
    credentials: credentials ?? awsCredentials(identity, { region, requestHandler }),
    ...(identity.profile !== undefined && { profile: identity.profile }),
    ...(endpoint !== undefined && { endpoint }),
  };
}
