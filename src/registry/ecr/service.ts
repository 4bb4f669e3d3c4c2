import type { JsonObject } from '../../domain/json.ts';

/**
 * The calls that this adapter makes. ECR Public lacks BatchGetImage, DescribeRegistry and GetLifecyclePolicy, and has DescribeRegistries.
 */
export type Operation =
  | 'BatchCheckLayerAvailability'
  | 'BatchDeleteImage'
  | 'BatchGetImage'
  | 'DescribeImages'
  | 'DescribeImageScanFindings'
  | 'DescribeRegistries'
  | 'DescribeRegistry'
  | 'DescribeRepositories'
  | 'GetAuthorizationToken'
  | 'GetLifecyclePolicy'
  | 'PutImage'
  | 'UpdateImageStorageClass';

interface SendOptions {
  readonly signal: AbortSignal | undefined;
  /** True: the call is made once, and its error thrown whatever it is. */
  readonly once: boolean;
}

/** One of the two services, by its SDK client. */
export interface Service {
  /** What its permissions begin with. */
  readonly prefix: 'ecr' | 'ecr-public';
  /** How messages call it. */
  readonly title: string;
  /**
   * Makes a call. The answer is as the SDK read it, and the SDK checks little: it passes on a text where a list should be. Throws what the
   * SDK and the HTTP client throw.
   */
  send(operation: Operation, input: object, options: SendOptions): Promise<JsonObject>;
}
