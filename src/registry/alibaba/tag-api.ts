import type { Credentials } from '../../auth/credentials.ts';
import type { ImageTags, ListedTag } from '../../distribution/image-tags.ts';
import type { Beside } from '../beside.ts';

export interface ListOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onPage?: (() => void) | undefined;
}

/** What is known of a repository besides its tags. */
export interface RepositoryFacts {
  /** Why nothing can be changed in it, as the end of a sentence; undefined where it can. */
  readonly locked: string | undefined;
  /** Its tags can be pushed once and not moved. */
  readonly immutable: boolean;
}

/** `gone`: the API says that there is no such tag. `locked`: it refuses to delete this one. */
export type TagDeletion = { readonly outcome: 'deleted' | 'gone' } | { readonly outcome: 'locked'; readonly message: string };

/** The API of one of the two editions, each with its own calls. Repositories are named `NAMESPACE/NAME`. */
export interface TagApi {
  /** `Enterprise Edition (cri-… in cn-hangzhou)` */
  readonly title: string;
  /** The names of all repositories, of a namespace alone where one is given. */
  repositories(namespace: string | undefined, signal: AbortSignal | undefined): AsyncIterable<string>;
  /** Throws `NOT_FOUND` for a repository that is not there. */
  facts(repository: string, signal?: AbortSignal): Promise<RepositoryFacts>;
  /** All tags, by lists that agree with what they say of their length. Throws `NOT_FOUND`. */
  tags(repository: string, options: ListOptions): Promise<ImageTags>;
  /** Undefined if there is no such tag, in a repository that is there. */
  findTag(repository: string, tag: string): Promise<ListedTag | undefined>;
  /**
   * `mayRepeat`: the call may be sent again, since there is no such tag. Without it, one that is throttled throws a passing error: what was
   * looked at before does not hold after a wait.
   */
  deleteTag(repository: string, tag: string, mayRepeat?: boolean): Promise<TagDeletion>;
  /** Every host under which a runtime may pull from it; undefined where these keys may not see them. Asked once. */
  domains(): Promise<readonly string[] | undefined>;
  /** User and password for `/v2/`, for some time; and until when, in milliseconds since the epoch. */
  login(): Promise<{ readonly credentials: Credentials; readonly until: number }>;
  /** What Alibaba Cloud itself deletes in a repository. */
  beside(repository: string): Promise<readonly Beside[]>;
}
