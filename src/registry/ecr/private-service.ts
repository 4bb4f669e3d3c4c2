import {
  BatchCheckLayerAvailabilityCommand,
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  DescribeImagesCommand,
  DescribeImageScanFindingsCommand,
  DescribeRegistryCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  type ECRClientConfig,
  GetAuthorizationTokenCommand,
  GetLifecyclePolicyCommand,
  PutImageCommand,
  UpdateImageStorageClassCommand,
} from '@aws-sdk/client-ecr';
import { withGivenEndpoint } from '../../auth/aws/given-endpoint.ts';
import type { RetryStrategy } from '../../auth/aws/retry-strategy.ts';
import type { Operation, Service } from './service.ts';
import type { JsonObject } from '../../domain/json.ts';

const COMMANDS: Partial<Record<Operation, new (input: never) => object>> = {
  BatchCheckLayerAvailability: BatchCheckLayerAvailabilityCommand,
  BatchDeleteImage: BatchDeleteImageCommand,
  BatchGetImage: BatchGetImageCommand,
  DescribeImages: DescribeImagesCommand,
  DescribeImageScanFindings: DescribeImageScanFindingsCommand,
  DescribeRegistry: DescribeRegistryCommand,
  DescribeRepositories: DescribeRepositoriesCommand,
  GetAuthorizationToken: GetAuthorizationTokenCommand,
  GetLifecyclePolicy: GetLifecyclePolicyCommand,
  PutImage: PutImageCommand,
  UpdateImageStorageClass: UpdateImageStorageClassCommand,
};

/** Amazon ECR by the SDK. `retryStrategy`: for calls that are made once. */
export function createPrivateService(config: ECRClientConfig, retryStrategy: RetryStrategy): Service {
  const client = withGivenEndpoint(new ECRClient(config));
  const single = withGivenEndpoint(new ECRClient({ ...config, retryStrategy }));
  return {
    prefix: 'ecr',
    title: 'Amazon ECR',
    async send(operation, input, { signal, once }) {
      const Command = COMMANDS[operation];
      if (!Command) throw new TypeError(`Amazon ECR is never asked for ${operation}`);
      return (await (once ? single : client).send(new Command(input as never) as DescribeImagesCommand, {
        ...(signal && { abortSignal: signal }),
      })) as unknown as JsonObject;
    },
  };
}
