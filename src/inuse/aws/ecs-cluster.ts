import type { ECSClient } from '@aws-sdk/client-ecs';
import type { AwsCalls } from './aws-calls.ts';
import type { UsedImages } from './read-regions.ts';
import type { TaskDefinitions } from './task-definitions.ts';

/** One cluster while it is read. */
export interface EcsCluster {
  readonly arn: string;
  readonly name: string;
  /** `ECS eu-central-1 cluster prod` */
  readonly place: string;
  readonly client: ECSClient;
  readonly calls: AwsCalls;
  readonly definitions: TaskDefinitions;
  readonly found: UsedImages;
}
