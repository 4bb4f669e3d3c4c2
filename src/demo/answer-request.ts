import { isRepositoryName } from '../domain/reference.ts';
import type { Gate } from './access.ts';
import { answerBlob } from './handlers/blob.ts';
import type { Call } from './handlers/call.ts';
import { answerCatalog } from './handlers/catalog.ts';
import { answerManifest } from './handlers/manifest.ts';
import { answerReferrers } from './handlers/referrers.ts';
import { answerTags } from './handlers/tags.ts';
import { answerUpload, answerUploads } from './handlers/uploads.ts';
import type { EmbeddedRegistryOptions, SeenRequest } from './registry-options.ts';
import type { RegistryStorage } from './registry-storage.ts';
import { errorReply, jsonReply, NO_SUCH_ROUTE, type Reply } from './reply.ts';
import { findRoute, type Route } from './route.ts';

type Answers = Readonly<
  Record<Exclude<Route['kind'], 'token'>, { readonly methods: readonly string[]; readonly answer: (call: Call) => Reply }>
>;

const ANSWERS: Answers = {
  ping: { methods: ['GET', 'HEAD'], answer: () => jsonReply(200, {}) },
  catalog: { methods: ['GET', 'HEAD'], answer: answerCatalog },
  tags: { methods: ['GET', 'HEAD'], answer: answerTags },
  manifest: { methods: ['GET', 'HEAD', 'PUT', 'DELETE'], answer: answerManifest },
  blob: { methods: ['GET', 'HEAD', 'DELETE'], answer: answerBlob },
  uploads: { methods: ['POST'], answer: answerUploads },
  upload: { methods: ['GET', 'PATCH', 'PUT', 'DELETE'], answer: answerUpload },
  referrers: { methods: ['GET', 'HEAD'], answer: answerReferrers },
};

/** The registry: what it is, without its network. */
export interface RegistryCore {
  readonly storage: RegistryStorage;
  readonly options: EmbeddedRegistryOptions;
  readonly gate: Gate;
  /** Its own URL, for the realm of a challenge. */
  readonly url: string;
}

/** Carries out one request: route, access, then the handler. */
export function answerRequest({ storage, options, gate, url }: RegistryCore, request: SeenRequest): Reply {
  const { pathname, searchParams: query } = new URL(request.path, url);
  const route = findRoute(decode(pathname));
  if (!route || (route.kind === 'referrers' && options.referrersApi === false) || (route.kind === 'catalog' && options.catalog === false)) {
    return NO_SUCH_ROUTE;
  }
  if (route.kind === 'token') return gate.token?.(request, query) ?? NO_SUCH_ROUTE;
  const refusal = gate.refuse(request, route, query, url);
  if (refusal) return refusal;
  const { methods, answer } = ANSWERS[route.kind];
  if (!methods.includes(request.method)) return errorReply('UNSUPPORTED', [undefined], { allow: methods.join(', ') });
  const { repository = '', reference = '' } = { ...('repository' in route && route) } as { repository?: string; reference?: string };
  if ('repository' in route && !isRepositoryName(repository)) return errorReply('NAME_INVALID', [{ name: repository }]);
  return answer({ request, pathname, query, repository, reference, storage, options });
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
