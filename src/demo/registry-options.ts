import type { IncomingHttpHeaders } from 'node:http';
import type { Reply } from './reply.ts';

/** Rights of one caller: actions (`pull`, `push`, `delete`) by repository name, `*` for every other repository. */
export type RepositoryAccess = Readonly<Record<string, readonly string[]>>;

export interface EmbeddedUser {
  readonly name: string;
  readonly password: string;
  readonly access: RepositoryAccess;
  /** May read the catalogue. */
  readonly catalog?: boolean;
}

/**
 * Who may do what. `basic`: one user may do everything. `bearer`: the registry's own `/token` gives out what was asked for as far as the
 * user has it, silently less, as token servers do.
 */
export type EmbeddedAuth =
  | { readonly scheme: 'basic'; readonly user: string; readonly password: string }
  | {
      readonly scheme: 'bearer';
      readonly users: readonly EmbeddedUser[];
      /** What a token without credentials is good for; default nothing. */
      readonly anonymous?: RepositoryAccess;
      /** Life of a token; default 300. */
      readonly tokenSeconds?: number;
    };

/** A request as the registry received it. */
export interface SeenRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * What goes wrong with one request. An answer: it is given instead of the real one. `reset`: the connection breaks before anything is done.
 * `lost`: the request is carried out and the connection breaks before the answer. `truncate`: the answer breaks off half-way. `hang`: there
 * is no answer until the registry is closed. A function: the real answer, changed.
 */
export type Fault = Reply | 'reset' | 'lost' | 'truncate' | 'hang' | ((reply: Reply) => Reply);

/** Called before a request is carried out, and waited for. It may change the storage, to race with the client. */
export type RequestHook = (request: SeenRequest) => Fault | undefined | void | Promise<Fault | undefined | void>;

export interface EmbeddedRegistryOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** False: 405 UNSUPPORTED for every deletion. Default true. */
  readonly deleteEnabled?: boolean;
  /**
   * What a DELETE by tag does. `unsupported`: 400 DIGEST_INVALID, as distribution 2.8. `always`: it works even if `deleteEnabled` is false,
   * as distribution 3.0 and 3.1.0.
   */
  readonly tagDelete?: 'supported' | 'unsupported' | 'always';
  /** False: no such route, as distribution. Default true. */
  readonly referrersApi?: boolean;
  /** False: no such route. Default true. */
  readonly catalog?: boolean;
  /** Most entries of one page of tags, repositories or referrers; default 1000. */
  readonly pageSize?: number;
  /** An `n` above `pageSize`: `cut` down to it (default), or `refuse` with 400 PAGINATION_NUMBER_INVALID. */
  readonly pageTooLarge?: 'cut' | 'refuse';
  /** As distribution 2.8: `tags/list` answers all tags in no order, whatever `n` and `last` say, and no `n` is invalid. */
  readonly ignorePaging?: boolean;
  /** As zot: manifests are answered whatever the Accept header says. Default: as distribution 2.8, which hides or converts them. */
  readonly ignoreAccept?: boolean;
  /** As zot: a manifest is gone as soon as its last tag is set on another one, even if an index holds it. */
  readonly dropsOverwritten?: boolean;
  /** Default: none needed. */
  readonly auth?: EmbeddedAuth;
  /** The first hook; see {@link RequestHook}. */
  readonly before?: RequestHook;
}
