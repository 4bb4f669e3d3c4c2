import {
  BatchCheckLayerAvailabilityCommand,
  BatchDeleteImageCommand,
  DescribeImagesCommand,
  DescribeRegistriesCommand,
  DescribeRepositoriesCommand,
  ECRPUBLICClient,
  type ECRPUBLICClientConfig,
  GetAuthorizationTokenCommand,
} from '@aws-sdk/client-ecr-public';
import { withGivenEndpoint } from '../../auth/aws/given-endpoint.ts';
import type { RetryStrategy } from '../../auth/aws/retry-strategy.ts';
import type { Operation, Service } from './service.ts';
import type { JsonObject } from '../../domain/json.ts';

const COMMANDS: Partial<Record<Operation, new (input: never) => object>> = {
  BatchCheckLayerAvailability: BatchCheckLayerAvailabilityCommand,
  BatchDeleteImage: BatchDeleteImageCommand,
  DescribeImages: DescribeImagesCommand,
  DescribeRegistries: DescribeRegistriesCommand,
  DescribeRepositories: DescribeRepositoriesCommand,
  GetAuthorizationToken: GetAuthorizationTokenCommand,
};

/** Amazon ECR Public by the SDK. `retryStrategy`: for calls that are made once. */
export function createPublicService(config: ECRPUBLICClientConfig, retryStrategy: RetryStrategy): Service {
  const client = withGivenEndpoint(new ECRPUBLICClient(config));
  const single = withGivenEndpoint(new ECRPUBLICClient({ ...config, retryStrategy }));
  return {
    prefix: 'ecr-public',
    title: 'Amazon ECR Public',
    async send(operation, input, { signal, once }) {
      const Command = COMMANDS[operation];
      if (!Command) throw new TypeError(`Amazon ECR Public is never asked for ${operation}`);
      return (await (once ? single : client).send(new Command(input as never) as DescribeImagesCommand, {
        ...(signal && { abortSignal: signal }),
      })) as unknown as JsonObject;
    },
  };
}
