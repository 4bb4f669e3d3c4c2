import type { RestoredManifests } from '../documents/restored-times.ts';
import { holdsSecret, printable } from '../diagnostics/redact.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { byCodeUnit } from '../domain/compare.ts';
import type { Capabilities, RepositoryInventory } from '../domain/inventory.ts';
import { isRepositoryName } from '../domain/reference.ts';
import { isFor } from '../policy/is-for.ts';
import type { PolicySpec } from '../policy/schema.ts';
import { otherNames } from '../registry/image-names.ts';
import type { Registry, WantedDetails } from '../registry/registry.ts';
import type { Failure } from './failures.ts';
import { freeMemoryOften } from './free-memory.ts';
import { nearestRepository } from './nearest-repository.ts';
import type { Progress } from './progress.ts';
import { inOrder } from './in-order.ts';
import type { OpenRegistries } from './registries.ts';
import type { Scope } from './scope.ts';
import { type WantedScans, withScans } from './with-scans.ts';
import type { RepositoryToRead } from './wanted-details.ts';
import type { Workplace } from './workplace.ts';

/** Repositories at a time, where nobody tells whether there is room for the requests of another one. */
const FEW = 4;
/**
 * Repositories at a time, however much room there is. A small one sends one request after another; while a large one keeps the registry
 * busy, no other is begun, so that few of the large ones are in memory.
 */
const MOST = 64;

/** A repository that a plan can be made of. */
export interface RepositoryRead {
  /** Empty for a repository that is left alone; empty and incomplete for one that could not be read. */
  readonly inventory: RepositoryInventory;
  /** False if the inventory is only a placeholder, so that its capabilities mean nothing. */
  readonly wasRead: boolean;
  /** Why it could not be read, or not completely. */
  readonly error?: ToolError;
}

/** A registry of the run, and which of its repositories the run is about. */
export interface Place {
  readonly registry: Registry;
  readonly scope: Scope;
  /** Resolves when there is room for the requests of another repository; undefined where nobody can tell. */
  readonly room: () => Promise<void> | undefined;
}

/** The registries of the run, each with its scope. Throws `USAGE` if there is none. */
export function placesOf({ byName, room }: OpenRegistries, { scopes }: Workplace): Place[] {
  const places = [...byName.values()].flatMap((registry) => {
    const scope = scopes.get(registry.name);
    return scope ? [{ registry, scope, room: () => room(registry.name) }] : [];
  });
  if (places.length > 0) return places;
  throw new ToolError('USAGE', 'No registry is named, so there is nothing to read.', {
    hint: 'Name one: REGISTRY/REPO or --registry, or "registries" in a config.',
  });
}

export interface ReadOptions {
  /** Whether to read the repository, or to tell only its name. */
  readonly reads: (registry: string, repository: string) => boolean;
  /** Whether the repository belongs to this run's shard. */
  readonly shares: (registry: string, repository: string) => boolean;
  /** For a registry that does not list its repositories: the policies, whose repository names are used if they are names. */
  readonly specs: readonly PolicySpec[];
  /** Called with a message for what a registry passes over, and for a registry in which there is nothing to read. */
  readonly onSkipped: (message: string) => void;
  /** Called for a registry that has listed all its repositories. */
  readonly onListed?: (registry: string) => void;
  /** The images whose scans have to be read one by one. Missing: none. */
  readonly wantedScans?: WantedScans;
  /**
   * Which details of the images of a repository are needed, where `completed` adds what is known of it besides. Undefined or missing: all.
   */
  readonly wants?: (
    repository: RepositoryToRead,
    completed: (inventory: RepositoryInventory) => RepositoryInventory,
  ) => WantedDetails | undefined;
  /** What "undo" has put back, and when that came to the registry at first. */
  readonly restored: RestoredManifests;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/**
 * Reads the repositories of a run, sorted by registry and repository, as many at a time as there is room for. A failure in one
 * repository is that repository's result and stops no other. If the names of a registry cannot be listed, `failed` is called. Throws
 * everything else, above all an abort.
 */
export async function* readRepositories(
  places: readonly Place[],
  options: ReadOptions,
  failed: (failure: Failure) => void,
): AsyncGenerator<RepositoryRead> {
  for (const { registry, scope, room } of places.toSorted((a, b) => byCodeUnit(a.registry.name, b.registry.name))) {
    const names = await namesIn(registry, scope, options, failed);
    options.progress.expect(names.length);
    const sideBySide = { few: FEW, most: MOST, room };
    for await (const { read, below } of inOrder(names, sideBySide, (name) => readNamed(registry, name, scope, options))) {
      if (read) yield read;
      yield* inOrder(below, sideBySide, (name) => readOne(registry, name, options));
    }
  }
}

/** The names that the user gave, and those that the registry lists and the user's globs match. */
async function namesIn(
  registry: Registry,
  scope: Scope,
  { specs, signal, shares, progress, onSkipped, onListed }: ReadOptions,
  failed: (failure: Failure) => void,
): Promise<string[]> {
  const names = new Set(scope.names);
  if (scope.globs.length > 0) {
    progress.show(`listing the repositories of ${registry.name}`);
    let isWhole = scope.globs.includes('**');
    const skipped = (message: string): void => {
      isWhole = false;
      onSkipped(message);
    };
    try {
      const listed = new Set<string>();
      for (const below of scope.folders) {
        for await (const name of registry.repositories({ ...(below !== undefined && { below }), onSkipped: skipped, signal })) {
          listed.add(name);
          if (scope.includes(name)) names.add(name);
        }
      }
      if (names.size === 0) onSkipped(nothingFound(registry.name, listed.size, scope));
      if (isWhole) onListed?.(registry.name);
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      const named = namesOfPolicies(specs, registry.name);
      if (named) for (const name of named) if (scope.includes(name)) names.add(name);
      if (!named) failed({ registry: registry.name, error });
    }
  }
  // A name that the user gave may be a project with repositories in other shards than its own.
  return [...names].filter((name) => scope.names.includes(name) || shares(registry.name, name)).toSorted(byCodeUnit);
}

function nothingFound(registry: string, listed: number, { globs }: Scope): string {
  if (listed === 0) return `warning: the registry ${registry} lists no repositories`;
  const asked = globs.map(printable).join(' or ');
  return `warning: none of the ${listed} repositories that the registry ${registry} lists matches ${asked}`;
}

/**
 * The repository names in the policies for a registry, if these hold only names; undefined if one of them holds a glob or takes every
 * repository.
 */
function namesOfPolicies(specs: readonly PolicySpec[], registry: string): string[] | undefined {
  const lists = specs
    .filter((spec) => isFor(spec, registry))
    .map(({ repositories }) => repositories?.filter((glob) => !glob.startsWith('!')));
  return lists.length > 0 && lists.every((list) => list?.every(isRepositoryName)) ? lists.flatMap((list) => list ?? []) : undefined;
}

/** What a name that the user gave means: a repository, or the names of those below a project, which are not read yet. */
interface Named {
  readonly read?: RepositoryRead;
  readonly below: readonly string[];
}

/** Reads a name that the user gave. It may be the name of a project; then it means all repositories below it. */
async function readNamed(registry: Registry, name: string, scope: Scope, options: ReadOptions): Promise<Named> {
  const only = (read?: RepositoryRead): Named => ({ ...(read && { read }), below: [] });
  const own = options.shares(registry.name, name);
  const first = own ? await readOne(registry, name, options) : await missingRepository(registry, name, options);
  if (!first) return only();
  // Perhaps no policy governs "team", but one governs "team/app".
  const mayBeProject = first.error ? first.error.code === 'NOT_FOUND' : !first.wasRead;
  if (!mayBeProject || !scope.names.includes(name)) return only(first);
  const below: string[] = [];
  try {
    for await (const listed of registry.repositories({ below: name, signal: options.signal }))
      if (listed.startsWith(`${name}/`)) below.push(listed);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    if (!own) return only(error.code === 'NOT_FOUND' ? undefined : { ...first, error });
    // Without an error of its own, the name would look like a repository that no policy governs.
    return only(first.error || error.code !== 'AUTH' ? first : { ...first, error });
  }
  // What is wrong with the name itself is told by the run of its own shard.
  if (below.length === 0) return only(own ? await withNearest(registry, name, first, options.signal) : undefined);
  return { below: below.filter((repository) => options.shares(registry.name, repository)).toSorted(byCodeUnit) };
}

/** For a repository that does not exist: its error, with the name that is probably meant. */
async function withNearest(registry: Registry, name: string, read: RepositoryRead, signal: AbortSignal): Promise<RepositoryRead> {
  if (read.error?.code !== 'NOT_FOUND') return read;
  const { code, message, hint } = read.error;
  const meant = await nearestRepository(registry, name, signal);
  return meant === '' ? read : { ...read, error: new ToolError(code, `${message.replace(/\.$/, '')}${meant}`, { hint }) };
}

/**
 * A name that belongs to another shard. Repositories below it may belong to this one. Undefined if the name is a repository, and so not a
 * project. If that cannot be found out, it is an error here as in the name's own shard.
 */
async function missingRepository(registry: Registry, name: string, { reads }: ReadOptions): Promise<RepositoryRead | undefined> {
  const inventory = { ...nothingOf(registry, name), complete: true };
  if (!reads(registry.name, name)) return { inventory, wasRead: false };
  try {
    await registry.listTags(name);
    return undefined;
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return { inventory: { ...inventory, complete: false, problems: [error.message] }, wasRead: false, error };
  }
}

function nothingOf({ name, type, url }: Registry, repository: string): Omit<RepositoryInventory, 'complete'> {
  return { registry: name, type, url, repository, capabilities: NO_CAPABILITIES, manifests: [] };
}

async function readOne(
  registry: Registry,
  repository: string,
  { reads, signal, progress, restored, wantedScans = () => undefined, wants: wantsOf }: ReadOptions,
): Promise<RepositoryRead> {
  const { name, url } = registry;
  const nothing = nothingOf(registry, repository);
  if (!reads(name, repository)) return { inventory: { ...nothing, complete: true }, wasRead: false };
  const title = printable(`${name}/${repository}`);
  try {
    signal.throwIfAborted();
    const completed = (one: RepositoryInventory): RepositoryInventory => restored.withOldTimes(withNames(one, url), url);
    const wants = wantsOf?.({ registry: name, type: registry.type, url, repository }, completed);
    const onProgress = (done: number, total: number): void => {
      freeMemoryOften(total);
      progress.reading(title, done, total);
    };
    const read = await registry.inventory(repository, { signal, onProgress, ...(wants && { wants }) });
    const scanned = await withScans(registry, read, wantedScans, signal);
    const inventory = completed(withoutSecrets({ ...scanned.inventory, url }));
    progress.done(`${title}: ${inventory.manifests.length} manifests${inventory.complete ? '' : ', not read completely'}`);
    if (inventory.complete) return { inventory, wasRead: true };
    return { inventory, wasRead: true, error: scanned.error ?? notWhole(title, inventory.problems ?? []) };
  } catch (caught) {
    // What fails because the time is over fails for many reasons.
    const error: unknown = signal.aborted ? signal.reason : caught;
    if (!(error instanceof ToolError)) throw error;
    progress.done(`${title}: could not be read`);
    return { inventory: { ...nothing, complete: false, problems: [error.message] }, wasRead: false, error };
  }
}

/**
 * A repository in which a tag is, or holds, a secret of this run is not complete: a plan or journal that named the tag would hold the
 * secret, and one that masked it would be of another tag.
 */
function withoutSecrets(inventory: RepositoryInventory): RepositoryInventory {
  const { registry, repository, manifests, danglingTags = [], problems = [] } = inventory;
  const tags = [...manifests.flatMap((manifest) => manifest.tags), ...danglingTags.map(({ tag }) => tag)];
  if (!holdsSecret([repository, ...tags].join(' '))) return inventory;
  const problem =
    `The name or a tag of ${registry}/${repository} holds a password or token that this run knows. Change that password or token, which ` +
    'everybody who can read the repository knows.';
  return { ...inventory, complete: false, problems: [...problems, problem] };
}

/** With every name that the hosts of the registry tell, beside those that the registry itself told. */
function withNames(inventory: RepositoryInventory, url: string): RepositoryInventory {
  const names = new Set([...(inventory.names ?? []), ...otherNames(url, inventory.repository)]);
  return names.size === 0 ? inventory : { ...inventory, names: [...names].toSorted(byCodeUnit) };
}

/** How many problems of a repository are shown. */
const TOLD = 5;

function notWhole(title: string, problems: readonly string[]): ToolError {
  const told = [...problems.slice(0, TOLD), ...(problems.length > TOLD ? [`… and ${problems.length - TOLD} more`] : [])];
  return new ToolError(
    'REGISTRY_ERROR',
    [`${title} could not be read completely:`, ...told.map((problem) => `  ${printable(problem)}`)].join('\n'),
    {
      hint: 'Nothing in it is deleted until it can be read completely. Everything else was planned.',
    },
  );
}

const NO_CAPABILITIES: Capabilities = {
  deleteTag: false,
  listUntagged: false,
  pushedAt: false,
  createdAt: false,
  pulledAt: false,
  tagTimes: false,
  labels: false,
  annotations: false,
  platforms: false,
  artifactType: false,
  vulnerability: false,
};
