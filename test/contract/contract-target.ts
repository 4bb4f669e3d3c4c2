import type { Pushable } from '../../src/demo/image.ts';
import type { Digest } from '../../src/domain/digest.ts';
import type { Capabilities, Severity } from '../../src/domain/inventory.ts';
import type { HttpClient } from '../../src/http/http-client.ts';
import type { Registry } from '../../src/registry/registry.ts';
import type { Answer, Seen } from './fault-proxy.ts';

/**
 * What a check may need and a target may lack: the adapter's capabilities, and what its registry has besides.
 *
 * `config`, `blobs`, `size`: the inventory tells them. `tagsOf`: the adapter has that method. `catalog`: it lists its repositories.
 * `deepNames`: the name of a repository may have more than two parts.
 * `pages`: a list of tags comes in pages. `totals`: a list tells how long it is, so that one that is cut short is noticed. `locks`: single
 * tags can be made undeletable. `holdsChildren`: the registry refuses to delete what a present index lists. `guardsTags`: a tag that was
 * moved is not taken off. `undo`: a deleted manifest can be put back. `referrers`: the inventory lists what is attached to a manifest by
 * its digest alone. `keepsUntagged`: a manifest that has no tag stays where it is put. `restoreLabels`: users can put labels on what is
 * there, and the adapter can too. `deletionSwitch`: deletion can be switched off for the whole registry. `accounts`: it knows who may read
 * and who may delete. `retryAfter`: the waits are those of our own HTTP client. `wrongAnswers`: it is quick enough to go through every
 * answer that may go wrong. `layers`: it hands out the blobs of an image.
 */
export type Feature =
  | keyof Capabilities
  | 'config'
  | 'blobs'
  | 'size'
  | 'tagsOf'
  | 'catalog'
  | 'deepNames'
  | 'pages'
  | 'totals'
  | 'locks'
  | 'holdsChildren'
  | 'restoreLabels'
  | 'deletionSwitch'
  | 'wrongAnswers'
  | 'layers'
  | 'guardsTags'
  | 'referrers'
  | 'keepsUntagged'
  | 'accounts'
  | 'retryAfter';

/** One registry as the suite knows it: an adapter, and a server for it to speak to. */
export interface ContractTarget {
  /** `oci on …` */
  readonly name: string;
  /** Why it cannot run here; undefined where it can. */
  readonly unavailable?: string | undefined;
  /** What it lacks, each with the reason. The suite checks that nothing more and nothing less is skipped than is missing. */
  readonly skips: Partial<Readonly<Record<Feature, string>>>;
  /** Whether its registry finds what is attached to a manifest. Where not, the inventory holds what fallback tags lead to. */
  readonly referrersApi: boolean;
  /** Longest page of the lists that the adapter reads; without the feature `pages`, of its catalogue. */
  readonly pageSize: number;
  /** How its registry words what the suite makes it say. */
  readonly answers: Answers;
  /**
   * The same adapter meets all that may go wrong on another target: where a run has less time, one of each kind is enough here, and what is
   * copied, drift and errors are left to that target.
   */
  readonly repeats?: true;
  /** What a request is for. */
  kindOf(request: Seen): Kind;
  /** True of a request that changes nothing; default GET and HEAD. */
  isRead?(request: Seen): boolean;
  /** How many requests the inventory of such a repository takes with a fresh client, by kind; what is left out is none. */
  requestsFor(shape: Shape): Partial<Readonly<Record<Kind, number>>>;
  /** It forgets a manifest as soon as its last tag is set on another one, though it keeps what was pushed without a tag. */
  readonly dropsOverwritten?: true;
  /** True of a request about a repository, whose name it may not hold. Default: it holds the name. */
  concerns?(request: Seen, repository: string): boolean;
  /** True of a question after something that a registry need not have, so that 404, from whomever, is an answer. Default: none is. */
  isOptional?(request: Seen): boolean;
  /** A list that lacks its last entry and still claims to be whole. With the feature `totals`. */
  shorten?(answer: Answer): Answer;
  start(options: StartOptions): Promise<TargetServer>;
}

export interface StartOptions {
  /** False: deletion is switched off, as `deletionSwitch` means it. */
  readonly deletion: boolean;
}

/** `put`: puts a manifest back. `token`: for authentication. */
export type Kind = 'list' | 'manifest' | 'blob' | 'delete' | 'put' | 'token' | 'other';

/** How many there are in a repository: what the number of requests may depend on. */
export interface Shape {
  readonly tags: number;
  /** Manifests in the inventory. */
  readonly manifests: number;
  /** Of those, the ones with a tag. */
  readonly tagged: number;
  readonly indexes: number;
  /** Manifests that say what they are attached to. */
  readonly referrers: number;
  /** Different configs of images that tell something. */
  readonly configs: number;
  /** Manifests that something is attached to and that are not there. */
  readonly lost: number;
}

/** Answers of the registry, in its own words. */
export interface Answers {
  readonly unauthorized: Answer;
  readonly forbidden: Answer;
  /** There is no such repository. */
  readonly repositoryGone: Answer;
  /** There is no such manifest or tag; the repository is there. */
  readonly manifestGone: Answer;
  /** It may not be deleted, by some rule about this one image. */
  readonly locked: Answer;
  /** Too many requests; `Retry-After` says {@link RETRY_AFTER} seconds where `retryAfter` is no skip. */
  readonly throttled: Answer;
  readonly unavailable: Answer;
}

export const RETRY_AFTER = 7;

/** A running server. */
export interface TargetServer {
  /** Its base URL. The suite puts its proxy before it. */
  readonly url: string;
  /** Its answer to a request without a network, where the server is in this process: the requests of a suite take half the time then. */
  answer?(request: Seen): Promise<Answer>;
  /** All that must never be seen in an error or a document. */
  readonly secrets: readonly string[];
  /** Begins every repository's name; default `team/deep`. */
  readonly prefix?: string;
  /** Pushes, one after the other, as any client does. A tag that is there is moved. */
  push(repository: string, pushes: readonly Push[]): Promise<void>;
  /** What it holds of a repository now, from its storage and not from its API. */
  truth(repository: string): Promise<Truth>;
  /** Names of all its repositories. */
  repositories(): Promise<readonly string[]>;
  /** True of a request that is about a manifest and names it by a number of the registry's own. Default: none does. */
  names?(request: Seen, digest: Digest): boolean;
  /** Makes a tag undeletable, perhaps in other repositories too. With the feature `locks`. */
  lock?(repository: string, tag: string): Promise<void>;
  /** Puts a label on a manifest as a user does, and makes it where it is not there. With the feature `restoreLabels`. */
  label?(repository: string, digest: Digest, name: string): Promise<void>;
  /** The adapter, with nothing remembered. */
  connect(connection: Connection): Registry;
  stop(): Promise<void>;
}

/** `owner` may do everything, `reader` may not delete, `stranger` has a wrong password. Without `accounts`, everybody is the owner. */
export type Account = 'owner' | 'reader' | 'stranger';

export interface Connection {
  /** The registry's name in messages. */
  readonly name: string;
  /** Where the proxy is: in place of the server's own URL. */
  readonly url: string;
  /** It does not really wait, and is closed after the test. */
  readonly http: HttpClient;
  readonly account: Account;
}

/** Something to push. Times and findings are for servers that can be told; a server's `truth` says what came of it. */
export interface Push {
  readonly thing: Pushable;
  /** None: it is pushed by its digest. */
  readonly tags: readonly string[];
  readonly pushedAt?: string;
  readonly pulledAt?: string;
  readonly vulnerability?: Severity;
}

export interface Truth {
  readonly tags: Readonly<Record<string, Digest>>;
  readonly manifests: Readonly<Record<Digest, TrueManifest>>;
}

export interface TrueManifest {
  readonly mediaType: string;
  readonly bytes: Buffer;
  /** ISO 8601 UTC with milliseconds, as are all times. */
  readonly pushedAt?: string;
  readonly pulledAt?: string;
  readonly tagTimes?: Readonly<Record<string, string>>;
  readonly vulnerability?: Severity;
}
