import { digestKey, parseDigestTag } from '../domain/attachment.ts';
import { byCodeUnit } from '../domain/compare.ts';
import { digestStart } from '../domain/digest.ts';
import type { RepositoryInventory } from '../domain/inventory.ts';
import { buildGraph, signedKeys } from '../graph/graph.ts';
import type { NamedRepositories } from '../policy/named-repositories.ts';
import type { Policy } from '../policy/policy.ts';
import type { RepositoryPlan } from './plan.ts';
import { isWhole } from './plan-repository.ts';
import { NOTHING_AROUND, type Surroundings } from './surroundings.ts';

/**
 * What is remembered of the repositories of one registry so that others can be decided: their names, whether they were read whole and,
 * where a policy asks, a number for each digest and the digests that they sign.
 */
export class RegistryReads {
  readonly #knowsAll: () => boolean;
  readonly #repositories = new Map<string, Known>();
  /** Policies that name the repositories of their signatures. */
  readonly #withStores: readonly PolicyWithStores[];
  readonly #findsOrphans: boolean;
  #held: Float64Array | undefined;
  /** What was answered of all repositories, once they are known: each that is decided asks the same. */
  readonly #readWhole = new Map<NamedRepositories | undefined, boolean>();
  readonly #signed = new Map<NamedRepositories, Surroundings['isSigned']>();

  /** `knowsAll`: whether this run knows the names of all the repositories of the registry; asked when everything has been read. */
  constructor(policies: readonly Policy[], knowsAll: () => boolean) {
    this.#knowsAll = knowsAll;
    this.#withStores = policies.filter((policy): policy is PolicyWithStores => policy.signaturesIn !== undefined);
    this.#findsOrphans = policies.some(({ rules }) => rules.orphaned.length > 0);
  }

  /** Remembers a repository. `wasRead` is false for one of which the name alone is known, or that could not be read. */
  add(inventory: RepositoryInventory, policy: Policy | undefined, wasRead: boolean): void {
    const { repository, manifests } = inventory;
    const isStore = this.isStore(repository);
    this.#repositories.set(repository, {
      policy,
      isWhole: wasRead && isWhole(inventory, policy),
      isUnread: !isWhole(inventory, policy),
      ...(this.#findsOrphans && { digests: Float64Array.from(manifests, ({ digest }) => digestStart(digest)) }),
      ...(isStore && { signs: signedKeys(buildGraph(manifests)) }),
      ...(policy?.signaturesIn && { keys: new Set(manifests.map(({ digest }) => digestKey(digest))) }),
    });
  }

  /** True of a repository that can only be decided when all others have been read. */
  hasToWait({ repository, manifests }: RepositoryInventory, policy: Policy): boolean {
    if (policy.signaturesIn || this.isStore(repository)) return true;
    if (policy.rules.orphaned.length === 0) return false;
    const here = new Set(manifests.map(({ digest }) => digestKey(digest)));
    const isAbsent = (key: string | undefined): boolean => key !== undefined && !here.has(key);
    return manifests.some(
      ({ subject, tags }) => isAbsent(subject && digestKey(subject)) || tags.some((tag) => isAbsent(parseDigestTag(tag)?.key)),
    );
  }

  /** True of a repository that holds the signatures of others: it is decided after them. */
  isStore(repository: string): boolean {
    return this.#withStores.some(({ signaturesIn }) => signaturesIn.matches(repository));
  }

  /** Remembers what was decided, for the repositories that are decided later. */
  decided({ repository, images }: RepositoryPlan): void {
    const known = this.#repositories.get(repository);
    if (known?.keys) known.keys = new Set(images.flatMap(({ digest, action }) => (action === 'delete' ? [] : [digestKey(digest)])));
  }

  /** What is known around a repository that had to wait. */
  around({ repository }: RepositoryInventory, { signaturesIn }: Policy): Surroundings {
    const owners = this.#withStores.filter(({ signaturesIn: stores }) => stores.matches(repository));
    const staying = this.#stayingIn(repository, owners);
    return {
      isSigned: signaturesIn ? answered(this.#signed, signaturesIn, () => this.#signedBy(signaturesIn)) : NOTHING_AROUND.isSigned,
      signedIn: signaturesIn ? [...this.#repositories.keys()].filter(signaturesIn.matches).toSorted(byCodeUnit) : [],
      holds: (key) => this.#holds(digestStart(key)),
      wereReadWhole: (named) => answered(this.#readWhole, named, () => this.#wereReadWhole(named)),
      areElsewhere: (named) => this.#eachNames(named, (name) => name !== repository),
      stays: (key) => staying?.has(key) ?? true,
      staysAreKnown: staying !== undefined,
    };
  }

  #wereReadWhole(named: NamedRepositories | undefined): boolean {
    const all = [...this.#repositories];
    if (!named) return all.every(([, { isUnread }]) => !isUnread);
    if (!named.areNames && !this.#knowsAll()) return false;
    return this.#eachNames(named) && all.every(([name, known]) => known.isWhole || !named.matches(name));
  }

  /** Whether each glob names one of these repositories. */
  #eachNames({ matches, globs }: NamedRepositories, isOne: (repository: string) => boolean = () => true): boolean {
    const meant = [...this.#repositories.keys()].filter((name) => isOne(name) && matches(name));
    return globs.every((glob) => glob.takesOut || meant.some(glob.matches));
  }

  #signedBy(stores: NamedRepositories): Surroundings['isSigned'] {
    const keys = new Set<string>();
    for (const [name, { signs }] of this.#repositories) if (signs && stores.matches(name)) for (const key of signs) keys.add(key);
    const isKnown = this.#wereReadWhole(stores);
    return (digest) => keys.has(digestKey(digest)) || (isKnown ? false : undefined);
  }

  /**
   * What stays in the repositories whose signatures are in a store. Undefined where one was not read whole, or may be missing in this run:
   * what is there may be the subject of anything.
   */
  #stayingIn(store: string, owners: readonly Policy[]): { has(key: string): boolean } | undefined {
    if (owners.length === 0) return new Set();
    const others = [...this.#repositories].filter(([name, { policy }]) => name !== store && policy && owners.includes(policy));
    const names = [...this.#repositories.keys()];
    const areNamed = ({ areNames, globs }: NamedRepositories): boolean =>
      areNames && globs.every(({ takesOut, matches }) => takesOut || names.some(matches));
    const areKnown = this.#knowsAll() || owners.every(({ repositories }) => areNamed(repositories));
    if (!areKnown || others.some(([, { isWhole: whole }]) => !whole)) return undefined;
    return { has: (key) => others.some(([, { keys }]) => keys?.has(key)) };
  }

  /** Two digests that agree by chance only keep an attachment. */
  #holds(digest: number): boolean {
    const held = (this.#held ??= sortedNumbers([...this.#repositories.values()].flatMap(({ digests }) => digests ?? [])));
    let [low, high] = [0, held.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((held[middle] as number) < digest) low = middle + 1;
      else high = middle;
    }
    return held[low] === digest;
  }
}

/** The answer to a question, which is looked for once. */
function answered<Question, Answer>(answers: Map<Question, Answer>, question: Question, look: () => Answer): Answer {
  if (!answers.has(question)) answers.set(question, look());
  return answers.get(question) as Answer;
}

interface Known {
  readonly policy: Policy | undefined;
  readonly isWhole: boolean;
  /** It could not be read, or not whole. */
  readonly isUnread: boolean;
  readonly digests?: Float64Array;
  readonly signs?: ReadonlySet<string>;
  /** The digests that are there and, once it is decided, of these what stays. */
  keys?: ReadonlySet<string>;
}

type PolicyWithStores = Policy & { readonly signaturesIn: NamedRepositories };

function sortedNumbers(lists: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(lists.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const list of lists) {
    all.set(list, at);
    at += list.length;
  }
  return all.sort();
}
