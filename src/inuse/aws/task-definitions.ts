import { DescribeTaskDefinitionCommand, type ECSClient, ListTaskDefinitionFamiliesCommand } from '@aws-sdk/client-ecs';
import type { AwsCall, AwsCalls } from './aws-calls.ts';
import { nameInArn } from './arn-lists.ts';
import { addContainer } from './image-text.ts';
import type { UsedImages } from './read-regions.ts';

interface Container {
  readonly name: string;
  readonly image: string;
}

interface TaskDefinition {
  readonly arn: string;
  readonly containers: readonly Container[];
}

/** The task definitions of a region, each read once. */
export class TaskDefinitions {
  readonly #client: ECSClient;
  readonly #calls: AwsCalls;
  readonly #found: UsedImages;
  readonly #known = new Map<string, Promise<TaskDefinition>>();

  constructor(client: ECSClient, calls: AwsCalls, found: UsedImages) {
    this.#client = client;
    this.#calls = calls;
    this.#found = found;
  }

  /**
   * The newest active one of every family: what runs a task of its own (a schedule, a rule, a workflow, a person) names a family, and ECS
   * does not tell who does. To be done first, since most services use that one too.
   */
  async addLatest(): Promise<void> {
    const call: AwsCall = { action: 'ListTaskDefinitionFamilies', on: 'the region' };
    const send = (nextToken: string | undefined, options: object) =>
      this.#client.send(new ListTaskDefinitionFamiliesCommand({ status: 'ACTIVE', maxResults: 100, nextToken }), options);
    const families = await this.#calls.list(call, send, ({ families, nextToken }) => [families, nextToken]);
    await Promise.all(
      families.map(async (family) => {
        const definition = await this.#read(family);
        this.#known.set(definition.arn, Promise.resolve(definition));
        const source = `${this.#calls.place}: task definition ${nameInArn(definition.arn)}`;
        for (const container of definition.containers) this.#add(container, source);
      }),
    );
  }

  /** The images of one, used by that source. */
  async add(arn: string, source: string): Promise<void> {
    let definition = this.#known.get(arn);
    if (!definition) {
      definition = this.#read(arn);
      this.#known.set(arn, definition);
    }
    for (const container of (await definition).containers) this.#add(container, source);
  }

  #add({ name, image }: Container, source: string): void {
    addContainer({ image }, `${source} (container ${name})`, this.#found, this.#calls, callFor(source));
  }

  async #read(taskDefinition: string): Promise<TaskDefinition> {
    const call = callFor(`task definition ${nameInArn(taskDefinition)}`);
    const { taskDefinition: answered } = await this.#calls.call(call, (options) =>
      this.#client.send(new DescribeTaskDefinitionCommand({ taskDefinition }), options),
    );
    const arn = answered?.taskDefinitionArn;
    if (!arn) throw this.#calls.misunderstood(call, 'the answer holds no task definition');
    const containers = this.#calls.listed(call, answered.containerDefinitions).map(({ name, image }) => {
      if (!image) throw this.#calls.misunderstood(call, `the container ${name} has no image`);
      return { name: name ?? '', image };
    });
    return { arn, containers };
  }
}

function callFor(on: string): AwsCall {
  return { action: 'DescribeTaskDefinition', on };
}
