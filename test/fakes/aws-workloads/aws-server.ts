import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ServiceError } from '../ecr/operations.ts';
import { accessKeyOf } from '../ecr/signature.ts';

export const KEYS = { accessKeyId: 'AKIAWORKLOADS0000000', secretAccessKey: 'nobody-may-see-this-secret-42' };
export const ACCOUNT = '123456789012';

export type Input = Readonly<Record<string, unknown>>;

interface Call {
  readonly operation: string;
  readonly input: Input;
  readonly region: string;
}

/** A request as the service understands it. */
export interface Understood {
  readonly operation: string;
  readonly input: Input;
}

/** A service of AWS on 127.0.0.1. */
export interface AwsServer {
  readonly url: string;
  readonly calls: Call[];
  /** So many of the next calls are throttled. */
  throttle(count: number): void;
  /** Every call of this operation is answered with that error from now on. */
  refuse(operation: string, name: string, message?: string): void;
  /** Every call of this operation is answered so from now on. */
  instead(operation: string, document: object): void;
  close(): Promise<void>;
}

/** Starts one: `understand` reads the request, `answer` carries it out, or throws a {@link ServiceError}. */
export async function startAwsServer(
  prefix: string,
  understand: (request: IncomingMessage, body: string) => Understood,
  answer: (understood: Understood) => object,
): Promise<AwsServer> {
  const calls: Call[] = [];
  const refused = new Map<string, ServiceError>();
  const replaced = new Map<string, object>();
  let throttled = 0;
  const respond = (request: IncomingMessage, body: string): object => {
    const understood = understand(request, body);
    if (accessKeyOf(request) !== KEYS.accessKeyId)
      throw new ServiceError('UnrecognizedClientException', 'The security token included in the request is invalid.');
    if (throttled > 0) {
      throttled -= 1;
      throw new ServiceError(prefix === 'lambda' ? 'TooManyRequestsException' : 'ThrottlingException', 'Rate exceeded');
    }
    const region = /Credential=[^/]+\/\d+\/([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '';
    calls.push({ ...understood, region });
    const error = refused.get(understood.operation);
    if (error) throw error;
    return replaced.get(understood.operation) ?? answer(understood);
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      try {
        const document = respond(request, Buffer.concat(chunks).toString('utf8'));
        response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(document));
      } catch (error) {
        const { name, message } = error as Error;
        const status =
          name === 'TooManyRequestsException'
            ? 429
            : name === 'ResourceNotFoundException'
              ? 404
              : name === 'AccessDeniedException' && prefix === 'lambda'
                ? 403
                : 400;
        response
          .writeHead(status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': name })
          .end(JSON.stringify({ __type: name, message }));
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    throttle(count) {
      throttled = count;
    },
    refuse(operation, name, message = `User: arn:aws:iam::${ACCOUNT}:user/ci is not authorized to perform: ${prefix}:${operation}`) {
      refused.set(operation, new ServiceError(name, message));
    },
    instead(operation, document) {
      replaced.set(operation, document);
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A page of a list: at most as long as is asked for and as the service makes it; the mark of the next page is the place in the list. */
export function pageOf<Item>(
  all: readonly Item[],
  mark: unknown,
  asked: unknown,
  longest: number,
): { readonly page: Item[]; readonly next: string | undefined } {
  const start = mark === undefined ? 0 : Number(mark);
  if (Number(asked ?? 1) > 100) throw new ServiceError('InvalidParameterException', 'maxResults must be between 1 and 100');
  const end = start + Math.min(Number(asked ?? longest), longest);
  return { page: all.slice(start, end), next: end < all.length ? String(end) : undefined };
}
