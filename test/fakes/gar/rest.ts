import {
  deleteImage,
  ServiceError,
  type Store,
  type StoredImage,
  type StoredPackage,
  type StoredRepository,
  tagsByDigest,
  tagsOf,
} from './store.ts';
import { asDigest } from '../../digest.ts';

/** How the service behaves. */
export interface Rules {
  readonly store: Store;
  readonly maxPage: number;
  readonly maxBatch: number;
  /** How often an operation has to be asked for until it is done. */
  readonly polls: number;
  readonly operations: Map<string, Operation>;
  /** Lists that have more than one page, by their paths. */
  readonly listings: Map<string, readonly unknown[]>;
  readonly list: string;
  /** Throws where the account may not. */
  readonly authorize: (permission: string, resource: string) => void;
  readonly may: (permission: string) => boolean;
}

export interface Operation {
  left: number;
  readonly end: object;
}

export interface RestCall {
  readonly method: string;
  /** Below `/v1/`, as it came. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

const MISSING = 'Requested entity was not found.';
const REPOSITORY = /^projects\/([^/]+)\/locations\/([^/]+)\/repositories\/([^/]+)(?:\/(.+))?$/;

/** Carries a call of the REST API out. Throws {@link ServiceError}. */
export function answerRest({ method, path, query, body }: RestCall, given: Omit<Rules, 'list'>): object {
  const rules: Rules = { ...given, list: `${path} ${query.get('filter') ?? ''}` };
  const [bare = '', verb] = path.split(/:(?=[a-zA-Z]+$)/) as [string, string?];
  const operation = /^projects\/[^/]+\/locations\/[^/]+\/operations\/([^/]+)$/.exec(bare);
  if (operation && method === 'GET') return poll(bare, rules);
  const inLocation = /^(projects\/([^/]+)\/locations\/([^/]+))\/repositories$/.exec(bare);
  if (inLocation) return listRepositories(inLocation as unknown as [string, string, string, string], query, rules);
  const [, project = '', location = '', id = '', rest = ''] = REPOSITORY.exec(bare) ?? [];
  const name = `projects/${project}/locations/${location}/repositories/${id}`;
  const repository = rules.store.repositories.get(name);
  const allow = (permission: string): void => {
    rules.authorize(permission, bare);
    if (!repository) throw new ServiceError('NOT_FOUND', MISSING);
  };
  const parts = rest === '' ? [] : rest.split('/');
  const place = { name, repository: repository as StoredRepository };
  if (parts.length === 0 && verb === 'testIamPermissions' && method === 'POST') {
    if (!repository) throw new ServiceError('NOT_FOUND', MISSING);
    const permissions = (body as { permissions: string[] }).permissions.filter(rules.may);
    return permissions.length > 0 ? { permissions } : {};
  }
  if (parts.length === 0 && method === 'GET') {
    allow('artifactregistry.repositories.get');
    return renderRepository(name, place.repository);
  }
  if (parts[0] === 'dockerImages' && parts.length === 1 && method === 'GET') {
    allow('artifactregistry.dockerimages.list');
    return page(imagesOf(place.repository), query, rules, 'dockerImages', ({ image, tags, one }) =>
      renderDockerImage(place, image, tags, one),
    );
  }
  if (parts[0] === 'packages')
    return answerPackages(
      { ...place, parts: parts.slice(1), method, query, body, verb, allow, location: `projects/${project}/locations/${location}` },
      rules,
    );
  throw new ServiceError('INVALID_ARGUMENT', `no such method: ${method} ${path}`);
}

function* imagesOf({
  packages,
}: StoredRepository): Generator<{ readonly image: string; readonly tags: readonly string[]; readonly one: StoredImage }> {
  for (const [image, stored] of packages) {
    const tags = tagsByDigest(stored);
    for (const one of stored.images.values()) yield { image, tags: tags.get(one.digest) ?? [], one };
  }
}

interface Place {
  readonly name: string;
  readonly repository: StoredRepository;
}

interface PackageCall extends Place {
  readonly parts: readonly string[];
  readonly method: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly verb: string | undefined;
  readonly allow: (permission: string) => void;
  readonly location: string;
}

function answerPackages(call: PackageCall, rules: Rules): object {
  const { name, repository, parts, method, query, body, verb, allow, location } = call;
  const [escaped, collection, id] = parts;
  if (escaped === undefined) {
    allow('artifactregistry.packages.list');
    return page([...repository.packages.keys()].toSorted(), query, rules, 'packages', (image) => ({
      name: `${name}/packages/${escapeId(image)}`,
    }));
  }
  const image = decodeURIComponent(escaped);
  const own = `${name}/packages/${escapeId(image)}`;
  const need = (permission: string): StoredPackage => {
    allow(permission);
    const stored = repository.packages.get(image);
    if (!stored) throw new ServiceError('NOT_FOUND', MISSING);
    return stored;
  };
  if (collection === undefined && method === 'GET') {
    need('artifactregistry.packages.get');
    return { name: own };
  }
  if (collection === 'tags')
    return answerTags({ own, need, repository, id: id === undefined ? undefined : decodeURIComponent(id), method, query, body }, rules);
  if (collection !== 'versions') throw new ServiceError('INVALID_ARGUMENT', 'no such collection');
  const digest = asDigest(decodeURIComponent(id ?? ''));
  if (verb === 'batchDelete' && method === 'POST') {
    need('artifactregistry.versions.delete');
    const { names } = body as { names: string[] };
    if (names.length > rules.maxBatch)
      throw new ServiceError('INVALID_ARGUMENT', `A maximum of ${rules.maxBatch} versions can be deleted in a batch.`);
    const failedVersions = names.filter((one) => {
      try {
        deleteImage(repository, image, asDigest(decodeURIComponent(one.split('/versions/')[1] ?? '')), false);
        return false;
      } catch {
        return true;
      }
    });
    return begin(location, rules, {
      metadata: { '@type': `${TYPE}BatchDeleteVersionsMetadata`, ...(failedVersions.length > 0 && { failedVersions }) },
    });
  }
  if (id === undefined && method === 'GET') {
    const stored = need('artifactregistry.versions.list');
    return page([...stored.images.values()], query, rules, 'versions', (one) => renderVersion(own, stored, one, query.get('view')));
  }
  if (method === 'GET') {
    const stored = need('artifactregistry.versions.get');
    const one = stored.images.get(digest);
    if (!one) throw new ServiceError('NOT_FOUND', MISSING);
    return renderVersion(own, stored, one, query.get('view'));
  }
  if (method !== 'DELETE') throw new ServiceError('INVALID_ARGUMENT', 'no such method');
  need('artifactregistry.versions.delete');
  try {
    deleteImage(repository, image, digest, query.get('force') === 'true');
  } catch (error) {
    // What is asked for by its parents is found out while the operation goes on.
    if (error instanceof ServiceError && /PARENT/.test(error.message))
      return begin(location, rules, { error: { code: 9, message: error.message } });
    throw error;
  }
  return begin(location, rules, {});
}

interface TagCall {
  readonly own: string;
  readonly need: (permission: string) => StoredPackage;
  readonly repository: StoredRepository;
  readonly id: string | undefined;
  readonly method: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

function answerTags({ own, need, repository, id, method, query, body }: TagCall, rules: Rules): object {
  const render = ([tag, digest]: [string, string]): object => ({ name: `${own}/tags/${tag}`, version: `${own}/versions/${digest}` });
  if (method === 'GET' && id === undefined) {
    const { tags } = need('artifactregistry.tags.list');
    const filter = query.get('filter');
    const wanted = filter === null ? undefined : /^version="(.+)"$/.exec(filter)?.[1];
    if (filter !== null && wanted === undefined) throw new ServiceError('INVALID_ARGUMENT', 'Invalid filter.');
    return page(
      [...tags].filter(([, digest]) => wanted === undefined || `${own}/versions/${digest}` === wanted),
      query,
      rules,
      'tags',
      render,
    );
  }
  if (method === 'POST') {
    const { tags, images } = need('artifactregistry.tags.create');
    const tag = query.get('tagId') ?? '';
    const digest = asDigest(decodeURIComponent((body as { version: string }).version.split('/versions/')[1] ?? ''));
    if (tags.has(tag)) throw new ServiceError('ALREADY_EXISTS', 'the tag already exists');
    if (!images.has(digest)) throw new ServiceError('NOT_FOUND', MISSING);
    tags.set(tag, digest);
    return render([tag, digest]);
  }
  const { tags } = need(method === 'DELETE' ? 'artifactregistry.tags.delete' : 'artifactregistry.tags.get');
  const digest = tags.get(id ?? '');
  if (digest === undefined) throw new ServiceError('NOT_FOUND', MISSING);
  if (method === 'GET') return render([id as string, digest]);
  if (method !== 'DELETE') throw new ServiceError('INVALID_ARGUMENT', 'no such method');
  if (repository.immutableTags) throw new ServiceError('FAILED_PRECONDITION', 'The repository has enabled tag immutability.');
  tags.delete(id as string);
  return {};
}

const TYPE = 'type.googleapis.com/google.devtools.artifactregistry.v1.';

function begin(
  location: string,
  { operations, polls }: Rules,
  { error, metadata = { '@type': `${TYPE}OperationMetadata` } }: { readonly error?: object; readonly metadata?: object },
): object {
  const name = `${location}/operations/${crypto.randomUUID()}`;
  const end = {
    name,
    metadata,
    done: true,
    ...(error ? { error } : { response: { '@type': 'type.googleapis.com/google.protobuf.Empty' } }),
  };
  operations.set(name, { left: polls, end });
  return polls === 0 ? end : { name, metadata: { '@type': `${TYPE}OperationMetadata` } };
}

function poll(name: string, { operations, authorize }: Rules): object {
  authorize('artifactregistry.operations.get', name);
  const operation = operations.get(name);
  if (!operation) throw new ServiceError('NOT_FOUND', MISSING);
  operation.left -= 1;
  return operation.left <= 0 ? operation.end : { name, metadata: { '@type': `${TYPE}OperationMetadata` } };
}

function listRepositories([, parent]: readonly [string, string, string, string], query: URLSearchParams, rules: Rules): object {
  rules.authorize('artifactregistry.repositories.list', parent);
  const found = [...rules.store.repositories].filter(([name]) => name.startsWith(`${parent}/repositories/`));
  return page(found, query, rules, 'repositories', ([name, repository]) => renderRepository(name, repository));
}

/** What is listed is as it was when a first page was last asked for. */
function page<Item>(
  all: Iterable<Item>,
  query: URLSearchParams,
  { maxPage, listings, list }: Rules,
  field: string,
  render: (item: Item) => object,
): object {
  const token = query.get('pageToken') ?? '';
  const start =
    token === ''
      ? 0
      : Number(
          Buffer.from(token, 'base64url')
            .toString('utf8')
            .replace(/^after /, ''),
        );
  const items = token === '' ? [...all] : (listings.get(list) as readonly Item[] | undefined);
  if (!items || !Number.isInteger(start)) throw new ServiceError('INVALID_ARGUMENT', 'Invalid page token.');
  const size = Math.min(maxPage, Number(query.get('pageSize') ?? 0) || 100);
  const end = start + size;
  const shown = items.slice(start, end).map(render);
  if (end >= items.length) return shown.length > 0 ? { [field]: shown } : {};
  listings.set(list, items);
  return { [field]: shown, nextPageToken: Buffer.from(`after ${end}`).toString('base64url') };
}

function renderRepository(name: string, repository: StoredRepository): object {
  const { format, mode, immutableTags, project, location, id, cleanupPolicies, cleanupPolicyDryRun } = repository;
  return {
    name,
    format,
    mode,
    registryUri: `${location}-docker.pkg.dev/${project}/${id}`,
    ...(immutableTags && { dockerConfig: { immutableTags } }),
    ...(cleanupPolicies && { cleanupPolicies }),
    ...(cleanupPolicyDryRun && { cleanupPolicyDryRun }),
  };
}

function renderDockerImage({ name, repository }: Place, image: string, all: readonly string[], one: StoredImage): object {
  const { digest, mediaType, artifactType, buildTime, children, uploadedAt, updatedAt } = one;
  const tags = all.toSorted().slice(0, 100);
  return {
    name: `${name}/dockerImages/${escapeId(image)}@${digest}`,
    uri: `${repository.location}-docker.pkg.dev/${repository.project}/${repository.id}/${image}@${digest}`,
    ...(tags.length > 0 && { tags }),
    imageSizeBytes: String(one.size),
    mediaType,
    ...(artifactType !== undefined && { artifactType }),
    ...(buildTime !== undefined && { buildTime }),
    uploadTime: new Date(uploadedAt).toISOString().replace('Z', '123Z'),
    updateTime: new Date(updatedAt).toISOString().replace('Z', '456Z'),
    ...(children.length > 0 && { imageManifests: children.map(({ platform, ...child }) => ({ ...child, ...platform })) }),
  };
}

function renderVersion(
  own: string,
  stored: StoredPackage,
  { digest, mediaType, size, uploadedAt, updatedAt, artifactType, buildTime }: StoredImage,
  view: string | null,
): object {
  // By number, as Google's clients write it.
  const relatedTags = view === 'FULL' || view === '2' ? tagsOf(stored, digest).slice(0, 100) : [];
  return {
    name: `${own}/versions/${digest}`,
    createTime: new Date(uploadedAt).toISOString(),
    updateTime: new Date(updatedAt).toISOString(),
    metadata: {
      imageSizeBytes: String(size),
      mediaType,
      ...(artifactType !== undefined && { artifactType }),
      ...(buildTime !== undefined && { buildTime }),
    },
    ...(relatedTags.length > 0 && {
      relatedTags: relatedTags.map((tag) => ({ name: `${own}/tags/${tag}`, version: `${own}/versions/${digest}` })),
    }),
  };
}

/** As gcloud does (api_lib/artifacts). */
function escapeId(id: string): string {
  return id.replaceAll('/', '%2F').replaceAll('+', '%2B').replaceAll('^', '%5E');
}
