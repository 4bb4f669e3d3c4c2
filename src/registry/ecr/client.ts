import { isNamed } from '../../auth/aws/aws-errors.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { type Digest, isDigest } from '../../domain/digest.ts';
import { isRepositoryName } from '../../domain/reference.ts';
import { isTag } from '../../domain/tag.ts';
import type { HostLimiter } from '../../http/host-limiter.ts';
import type { JsonObject } from '../../domain/json.ts';
import { refused } from './answer-errors.ts';
import type { Operation, Service } from './service.ts';

/** What a call is for, for whoever has to read why it was refused. */
export interface Call {
  readonly operation: Operation;
  /** `read the images of prod/team/app` */
  readonly doing: string;
  /** Absent where it is about the registry. */
  readonly repository?: string;
  readonly input?: object;
  readonly signal?: AbortSignal | undefined;
  /** True: it is made once, since what was looked at right before would not hold after a wait. Its error says whether to ask again. */
  readonly once?: boolean;
}

/** How the API calls a repository. */
export interface RepositoryId {
  readonly registryId?: string;
  readonly repositoryName: string;
}

export interface EcrClientOptions {
  /** The registry's name in messages. */
  readonly name: string;
  readonly service: Service;
  readonly limiter: HostLimiter;
  /** How the API calls a repository. */
  readonly identify: (repository: string) => RepositoryId | Promise<RepositoryId>;
}

/** Makes calls, as many side by side as the limiter lets through. */
export class EcrClient {
  readonly name: string;
  readonly service: Service;
  readonly #limiter: HostLimiter;
  readonly #identify: EcrClientOptions['identify'];

  constructor({ name, service, limiter, identify }: EcrClientOptions) {
    this.name = name;
    this.service = service;
    this.#limiter = limiter;
    this.#identify = identify;
  }

  /** How messages name a repository, or an image in it: `prod/team/app`, `prod/team/app:v1`, `prod/team/app@sha256:…`. */
  label(repository: string, reference?: string): string {
    const image = `${this.name}/${repository}`;
    return reference === undefined ? image : `${image}${isDigest(reference) ? '@' : ':'}${reference}`;
  }

  /**
   * Throws `AUTH`, `NOT_FOUND` for a repository that is not there, `UNREACHABLE`, `REGISTRY_ERROR`, `BAD_RESPONSE`, and the signal's
   * reason.
   */
  async call(call: Call): Promise<JsonObject> {
    const answer = await this.callUnless(call, '');
    if (!answer) throw new TypeError('no error has an empty name');
    return answer;
  }

  /** The same, but undefined where the service answers with the error of that name. */
  async callUnless(
    { operation, doing, repository, input, signal, once = false }: Call,
    errorName: string,
  ): Promise<JsonObject | undefined> {
    const id = repository === undefined ? {} : await this.#identify(repositoryName(repository));
    const send = async (): Promise<JsonObject | undefined> => {
      signal?.throwIfAborted();
      try {
        return await this.service.send(operation, { ...id, ...input }, { signal, once });
      } catch (error) {
        signal?.throwIfAborted();
        if (isNamed(error, errorName)) return undefined;
        throw refused(doing, error, operation, this.service);
      }
    };
    // A call that waits to be made again keeps its turn, and what is made once waits for nobody.
    return once ? send() : this.#limiter.run(send);
  }
}

/** Most images in one call (API reference, `ImageIdentifierList`). */
export const MOST_IMAGES = 100;

/** One image in a request, by digest or by tag. */
export interface ImageId {
  readonly imageDigest?: Digest;
  readonly imageTag?: string;
}

/** The way to name one image. Throws `USAGE` for what is neither a tag nor a digest. */
export function imageId(reference: string): ImageId {
  if (isDigest(reference)) return { imageDigest: reference };
  if (isTag(reference)) return { imageTag: reference };
  throw new ToolError('USAGE', `${JSON.stringify(reference)} is neither a tag nor a digest.`, {
    hint: 'Name an image as repository:tag or repository@digest.',
  });
}

function repositoryName(repository: string): string {
  if (isRepositoryName(repository)) return repository;
  throw new ToolError('USAGE', `${JSON.stringify(repository)} is not the name of a repository.`, {
    hint: 'Names are lower case: letters and digits, with ".", "_", "-" and "/" between them.',
  });
}
