/** A request. Nothing is added from the environment except the proxy, which is read once when the client is made. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** One that arrives piece by piece can be sent once only: it belongs beside `once`, and a `content-length` among the headers. */
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array> | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * The largest answer that is accepted, in bytes; a longer one is an error. Default 8 MiB. Of an answer that reports an error, only the
   * first 64 KiB are kept.
   */
  readonly maxBytes?: number | undefined;
  /**
   * True: the request is sent at once and only once, even if the host asked for a pause. What the caller read just before, and what made
   * the request right, would no longer hold after a wait. The caller reads again and sends again.
   */
  readonly once?: boolean | undefined;
  /** False: a redirect is returned as the answer. */
  readonly follow?: false | undefined;
  /** True: the body of a successful answer is not read whole but handed over as it arrives, in `arriving`. `maxBytes` does not bound it. */
  readonly stream?: true | undefined;
}

/**
 * The body of an answer as it arrives; whoever reads it slowly slows its sender down. It can be read once, and whoever leaves it before its
 * end cancels it, since the connection waits for that.
 */
export interface Arriving extends AsyncIterable<Uint8Array> {
  cancel(): void;
}

/** An answer of any status, its body read whole. */
export interface HttpResponse {
  readonly status: number;
  /** Lower-case names; of a repeated header the values joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  /** Empty beside `arriving`. */
  readonly body: Uint8Array;
  /** Of a successful answer to a request with `stream`. */
  readonly arriving?: Arriving;
  /** Where it came from, after redirects. */
  readonly url: string;
}

/** The one way to the network. */
export interface HttpClient {
  /**
   * Retries what may be retried and returns the last response, whatever its status. Throws `ToolError` `UNREACHABLE`, `BAD_RESPONSE`, or,
   * before anything is sent, `CONFIG_INVALID` for plain HTTP to a host where it is not allowed. When a signal aborts, its reason is thrown.
   */
  request(request: HttpRequest): Promise<HttpResponse>;
  /**
   * Tells whoever watches that no request is sent to the host of this URL until then, in milliseconds since the epoch, because of a limit
   * of the host that its answers do not tell. Answers how to tell that requests are sent again.
   */
  heldBack?(url: string, until: number): () => void;
  /** Closes all connections; what is still under way fails. */
  close(): Promise<void>;
}

/** A client that tells whether a host has room for more requests than it has now. */
export interface LimitedHttpClient extends HttpClient {
  /** Resolves when a request to the host of this URL would go out at once; undefined for a host that it never spoke to. */
  room(url: string): Promise<void> | undefined;
}
