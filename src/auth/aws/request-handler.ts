import type { HttpClient, HttpRequest } from '../../http/http-client.ts';

/** A request as the SDK hands it over, signed. */
interface SdkRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface SdkAnswer {
  readonly response: { readonly statusCode: number; readonly headers: Record<string, string>; readonly body: Uint8Array };
}

/** What the SDK wants of whatever sends its requests (smithy, `HttpHandler`). */
export interface RequestHandler {
  readonly metadata: { readonly handlerProtocol: string };
  handle(request: SdkRequest, options?: { readonly abortSignal?: unknown }): Promise<SdkAnswer>;
  updateHttpClientConfig(): void;
  httpHandlerConfigs(): object;
  destroy(): void;
}

/** A page of 1000 images is about 1 MB; images with hundreds of tags, and manifests a hundred at a time, make it more. */
const MAX_ANSWER = 64 * 1024 * 1024;

/**
 * Lets the SDK send its requests through this program's own client, with its proxies, certificates, time limits and size limits (the SDK's
 * own client does not read HTTPS_PROXY). Each request is sent once: the SDK itself decides when to try again, because it signs each try
 * anew.
 */
export function createRequestHandler(http: HttpClient): RequestHandler {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle(request, { abortSignal } = {}) {
      const { status, headers, body } = await http.request({
        method: request.method as HttpRequest['method'],
        url: urlOf(request),
        headers: withoutFraming(request.headers),
        ...bodyOf(request),
        ...(abortSignal instanceof AbortSignal && { signal: abortSignal }),
        maxBytes: MAX_ANSWER,
        once: true,
      });
      return { response: { statusCode: status, headers: { ...headers }, body } };
    },
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
    destroy() {},
  };
}

/** The body as plain bytes: the SDK's own object prints a warning when it is used as text. */
function bodyOf({ body }: SdkRequest): Pick<HttpRequest, 'body'> {
  if (body === undefined || body === null) return {};
  return { body: body instanceof Uint8Array ? new Uint8Array(body.buffer, body.byteOffset, body.byteLength) : (body as string) };
}

function urlOf({ protocol, hostname, port, path, query }: SdkRequest): string {
  const pairs = Object.entries(query ?? {}).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(one)}`),
  );
  return `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}${pairs.length === 0 ? '' : `?${pairs.join('&')}`}`;
}

/** Without the headers that our own client sets itself, to the same values. */
function withoutFraming(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !['host', 'content-length'].includes(name.toLowerCase())));
}
