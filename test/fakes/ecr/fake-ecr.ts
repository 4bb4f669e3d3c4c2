import type { Pushable } from '../../../src/demo/image.ts';
import type { Severity } from '../../../src/domain/inventory.ts';
import { type FakeServer, startFakeServer } from '../shared/fake-server.ts';
import type { Reply, Seen } from '../shared/messages.ts';
import { loadApiModel } from './api-model.ts';
import { carryOut, PUBLIC_PASSWORD, type Rules, ServiceError } from './operations.ts';
import { accessKeyOf, isSigned } from './signature.ts';
import { Store } from './store.ts';
import { asDigest } from '../../digest.ts';

export interface FakeAccount {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Default: everything. */
  readonly may?: (operation: string) => boolean;
}

export interface FakeEcrOptions {
  /** The registry id; default 123456789012. */
  readonly account?: string;
  readonly accounts?: readonly FakeAccount[];
  /** ECR Public in place of ECR. */
  readonly public?: boolean;
  /** Longest page; default 1000. AWS may always answer less than it is asked for. */
  readonly maxPage?: number;
  /**
   * Reading a manifest is a pull, written down once in 24 hours. Default: as for a principal that RegisterPullTimeUpdateExclusion
   * exempts.
   */
  readonly recordPulls?: boolean;
  /** Its clock, in milliseconds since the epoch; default the machine's. */
  readonly now?: () => number;
  /** Public: an alias that the registry has besides its default one. */
  readonly customAlias?: string;
}

/** A call that came. */
interface FakeCall {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

const ACCOUNT = '123456789012';
export const OWNER: FakeAccount = { accessKeyId: 'AKIAOWNER00000000000', secretAccessKey: 'own-it-all-secret-key-0815' };
/** The alias of the public registry. */
export const ALIAS = 'a1b2c3d4';

/** Amazon ECR, or ECR Public, as a server on 127.0.0.1: AWS JSON 1.1 with signatures, pages, limits and refusals. */
export interface FakeEcr extends Pick<FakeServer, 'url' | 'answer' | 'close'> {
  readonly store: Store;
  readonly calls: FakeCall[];
  /** Where a request or an answer did not agree with the API's description, if that is at hand. */
  readonly violations: readonly string[];
  /** So many of the next calls are answered with ThrottlingException. */
  throttle(count: number): void;
  /** Done once, right before the next such call is looked at. */
  before(operation: string, work: () => unknown): void;
  /** Pushes a thing with all that it needs, under each tag, or by digest. */
  push(repository: string, thing: Pushable, tags?: readonly string[], facts?: PushFacts): void;
}

interface PushFacts {
  readonly pushedAt?: string;
  readonly pulledAt?: string;
  readonly vulnerability?: Severity;
}

export async function startFakeEcr(options: FakeEcrOptions = {}): Promise<FakeEcr> {
  const { account = ACCOUNT, accounts = [OWNER], maxPage = 1000, recordPulls = false, now = Date.now } = options;
  const isPublic = options.public ?? false;
  const store = new Store();
  const { customAlias } = options;
  const rules: Rules = {
    account,
    store,
    public: isPublic,
    maxPage,
    recordPulls,
    now,
    alias: ALIAS,
    ...(customAlias !== undefined && { customAlias }),
  };
  const model = loadApiModel(isPublic ? 'ecr-public-service-2.json' : 'ecr-service-2.json');
  const calls: FakeCall[] = [];
  const violations: string[] = [];
  const hooks = new Map<string, () => unknown>();
  let throttled = 0;
  const server = await startFakeServer({ answer: reply, headers: {}, keeps: () => false });

  async function reply(request: Seen, url: string): Promise<Reply> {
    if (isPublic && request.method !== 'POST') return answerPublicRegistry(request, store, url);
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    const hook = hooks.get(operation);
    hooks.delete(operation);
    await hook?.();
    try {
      return json(200, call(request));
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      const message = error.name === 'AccessDeniedException' ? { Message: error.message } : { message: error.message };
      return json(400, { __type: error.name, ...message });
    }
  }

  function call(request: Seen): object {
    const [target, operation = ''] = String(request.headers['x-amz-target']).split('.');
    const service = isPublic ? 'SpencerFrontendService' : 'AmazonEC2ContainerRegistry_V20150921';
    if (request.method !== 'POST' || request.path !== '/' || target !== service) throw new ServiceError('UnknownOperationException', '');
    if (request.headers['content-type'] !== 'application/x-amz-json-1.1') throw new ServiceError('SerializationException', '');
    authorize(request, operation);
    if (throttled > 0) {
      throttled -= 1;
      throw new ServiceError('ThrottlingException', 'Rate exceeded');
    }
    const input = JSON.parse(request.body.toString('utf8')) as FakeCall['input'];
    calls.push({ operation, input });
    violations.push(...(model?.problemsOf(operation, 'input', input) ?? []));
    const output = carryOut(operation, input, rules);
    violations.push(...(calls.length < 10 ? (model?.problemsOf(operation, 'output', JSON.parse(JSON.stringify(output))) ?? []) : []));
    return output;
  }

  function authorize(request: Seen, operation: string): void {
    const key = accessKeyOf(request);
    if (key === undefined) throw new ServiceError('MissingAuthenticationTokenException', 'Missing Authentication Token');
    const known = accounts.find(({ accessKeyId }) => accessKeyId === key);
    if (!known) throw new ServiceError('UnrecognizedClientException', 'The security token included in the request is invalid.');
    if (!isSigned(request, known.secretAccessKey)) {
      throw new ServiceError(
        'InvalidSignatureException',
        'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and ' +
          'signing method.',
      );
    }
    if (known.may?.(operation) ?? true) return;
    const action = `${isPublic ? 'ecr-public' : 'ecr'}:${operation}`;
    throw new ServiceError(
      'AccessDeniedException',
      `User: arn:aws:iam::${account}:user/ci is not authorized to perform: ${action} because no identity-based policy allows ` +
        `the ${action} action`,
    );
  }

  return {
    url: server.url,
    answer: server.answer,
    close: server.close,
    store,
    calls,
    violations,
    throttle(count) {
      throttled = count;
    },
    before(operation, work) {
      hooks.set(operation, work);
    },
    push(name, thing, tags = [], { pushedAt, pulledAt, vulnerability } = {}) {
      const repository = store.repository(name);
      const time = pushedAt === undefined ? {} : { pushedAt: Date.parse(pushedAt) };
      const pushParts = (part: Pushable): void => {
        for (const child of part.children) pushParts(child);
        for (const child of part.children) store.put(repository, { bytes: child.bytes, mediaType: child.mediaType, ...time });
      };
      pushParts(thing);
      for (const tag of tags.length > 0 ? tags : [undefined]) {
        const image = store.put(repository, { bytes: thing.bytes, mediaType: thing.mediaType, ...time, ...(tag !== undefined && { tag }) });
        if (pulledAt !== undefined) image.pulledAt = Date.parse(pulledAt);
        if (vulnerability) image.vulnerability = vulnerability;
      }
    },
  };
}

/** The OCI side of ECR Public: a token for a login, manifests by digest or tag to read and to put. */
function answerPublicRegistry({ headers, method, path, body }: Seen, store: Store, url: string): Reply {
  const unknown = (code: string, status: number, extra: Record<string, string> = {}): Reply =>
    json(status, { errors: [{ code, message: code.toLowerCase() }] }, { ...extra, 'content-type': 'application/json' });
  if (path.startsWith('/token')) {
    const login = Buffer.from(String(headers['authorization']).replace(/^Basic /, ''), 'base64').toString('utf8');
    return login === `AWS:${PUBLIC_PASSWORD}` ? json(200, { token: 'public-token-1234' }) : unknown('UNAUTHORIZED', 401);
  }
  if (headers['authorization'] !== 'Bearer public-token-1234')
    return unknown('UNAUTHORIZED', 401, { 'www-authenticate': `Bearer realm="${url}/token",service="public.ecr.aws",scope="aws"` });
  if (path === '/v2/') return json(200, {});
  const [, name = '', reference = ''] = new RegExp(`^/v2/${ALIAS}/(.+)/manifests/(.+)$`).exec(path) ?? [];
  const repository = store.repositories.get(name);
  if (!repository) return unknown('NAME_UNKNOWN', 404);
  if (method === 'PUT') {
    const image = store.put(repository, {
      bytes: body,
      mediaType: String(headers['content-type']),
      ...(!reference.startsWith('sha256:') && { tag: reference }),
    });
    return json(201, {}, { 'docker-content-digest': image.digest });
  }
  const image = repository.images.get(asDigest(reference)) ?? [...repository.images.values()].find(({ tags }) => tags.has(reference));
  if (!image) return unknown('MANIFEST_UNKNOWN', 404);
  return { status: 200, headers: { 'content-type': image.mediaType, 'docker-content-digest': image.digest }, body: image.bytes };
}

function json(status: number, document: object, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { 'content-type': 'application/x-amz-json-1.1', ...headers }, body: JSON.stringify(document) };
}
