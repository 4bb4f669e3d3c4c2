import type { Capabilities, RepositoryInventory } from '../domain/inventory.ts';
import { buildGraph, type Graph, type Node } from '../graph/graph.ts';
import { isImage } from '../plan/summary.ts';
import { Times } from '../plan/time.ts';
import { parseVersion } from '../policy/ordering/semver.ts';
import { hasSbom } from '../policy/selectors/sbom.ts';
import { beginningsOf, movingTags } from '../policy/tag-shape.ts';
import type { ChecklistItem, RegistryChecklist } from './checklist.ts';
import { type Check, CHECKS, type Tally } from './checks.ts';

/** What a repository is looked at by. */
export interface LintSettings {
  /** True of a repository of production. Undefined: nobody has said which these are. */
  readonly isProduction: ((registry: string, repository: string) => boolean) | undefined;
  /** True of a repository that a policy governs. Undefined: no policy is named. */
  readonly isGoverned: ((registry: string, repository: string) => boolean) | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const UNSEEN = 'not all that is attached to an image is seen in this registry';

/** Names that are shown. */
const SHOWN = 5;
/** The part of the images that may be without a tag. */
const MOST_UNTAGGED = 0.1;

const REPOSITORY_NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\/[a-z0-9]+(?:-[a-z0-9]+)*)*$/;
const TAG_NAME = /^[a-z0-9]+(?:[.-][a-z0-9]+)*$/;
const LIKE_VERSION = /^(?:v[0-9]|[0-9]+\.[0-9]|(?:release|rel)[-_.]?v?[0-9])/i;

/** Looks at the repositories of one registry, one after the other, and keeps of each what is told. */
export class RegistryLint {
  readonly #registry: string;
  readonly #settings: LintSettings;
  readonly #tallies = new Map<Check, Tally>();
  #repositories = 0;
  #images = 0;
  #tags = 0;
  #untagged = 0;
  #hasProduction = false;

  constructor(registry: string, settings: LintSettings) {
    this.#registry = registry;
    this.#settings = settings;
    for (const check of Object.keys(CHECKS) as Check[])
      this.#tallies.set(check, { of: 0, count: 0, unknown: 0, why: undefined, examples: [] });
  }

  /** Looks at a repository. Of one that was not read whole, what is missing is not known, and what is there is told. */
  add(inventory: RepositoryInventory): void {
    const { repository, capabilities, complete, danglingTags = [] } = inventory;
    const graph = buildGraph(inventory.manifests);
    const images = graph.nodes.filter(isImage);
    const tagged = images.filter(({ ordinaryTags }) => ordinaryTags.length > 0);
    const tags = new Set(tagged.flatMap(({ ordinaryTags }) => ordinaryTags));
    this.#repositories += 1;
    this.#images += images.length;
    this.#tags += tags.size;
    this.#check('repository-names', repository, REPOSITORY_NAME.test(repository));
    for (const tag of tags) this.#check('tag-names', `${repository}:${tag}`, TAG_NAME.test(tag) || isHelmVersion(tag));
    this.#names(repository, tagged, tags);
    this.#production(repository, tagged, tags);
    this.#content(repository, images, capabilities, this.#times(inventory, graph));
    if (complete || danglingTags.length > 0) {
      for (const { tag } of danglingTags) this.#check('dangling-tags', `${repository}:${tag}`, false);
      (this.#tallies.get('dangling-tags') as Tally).of += tags.size;
    } else this.#unknown('dangling-tags', 1, 'a repository could not be read whole');
    this.#orphans(repository, graph, images);
    if (!capabilities.listUntagged) this.#unknown('untagged', images.length, 'the registry lists tags alone');
    else {
      this.#untagged += images.length - tagged.length;
      (this.#tallies.get('untagged') as Tally).of += images.length;
      if (images.length > tagged.length) this.#example('untagged', repository);
    }
    const { isGoverned } = this.#settings;
    if (!isGoverned) this.#unknown('governed', 1, 'no policy is named, by --policy or in the config');
    else this.#check('governed', repository, isGoverned(this.#registry, repository));
  }

  /** The page of the registry, with what it says of itself below. */
  checklist(beside: readonly ChecklistItem[] = []): RegistryChecklist {
    const untagged = this.#tallies.get('untagged') as Tally;
    // A glob with a slip in it names no repository, and says nothing of production.
    if (this.#settings.isProduction && !this.#hasProduction) {
      const why = 'none of the repositories here is one that --production names';
      for (const check of ['latest-in-production', 'production-versions'] as const) this.#unknown(check, 1, why);
    }
    untagged.count = this.#untagged > untagged.of * MOST_UNTAGGED ? this.#untagged : 0;
    return {
      registry: this.#registry,
      repositories: this.#repositories,
      images: this.#images,
      tags: this.#tags,
      items: [...[...this.#tallies].map(([check, tally]) => itemOf(check, tally)), ...beside],
    };
  }

  #names(repository: string, tagged: readonly Node[], tags: ReadonlySet<string>): void {
    const moves = movingTags(tags);
    const beginnings = new Set([...tags].flatMap(beginningsOf));
    for (const tag of tags)
      if (LIKE_VERSION.test(tag))
        this.#check('release-versions', `${repository}:${tag}`, parseVersion(tag) !== undefined || beginnings.has(tag));
    for (const { ordinaryTags } of tagged) {
      const [first = ''] = ordinaryTags;
      this.#check(
        'fixed-tags',
        `${repository}:${first}`,
        ordinaryTags.some((tag) => !moves(tag)),
      );
      const release = ordinaryTags.find((tag) => parseVersion(tag)?.prerelease.length === 0);
      if (release !== undefined) this.#check('release-tags', `${repository}:${release}`, ordinaryTags.length > 1);
    }
  }

  #production(repository: string, tagged: readonly Node[], tags: ReadonlySet<string>): void {
    const { isProduction } = this.#settings;
    const why = 'nobody has said which repositories are of production: name them by --production';
    if (!isProduction) {
      this.#unknown('latest-in-production', 1, why);
      this.#unknown('production-versions', tagged.length, why);
    } else if (isProduction(this.#registry, repository)) {
      this.#hasProduction = true;
      this.#check('latest-in-production', `${repository}:latest`, !tags.has('latest'));
      for (const { ordinaryTags } of tagged)
        this.#check(
          'production-versions',
          `${repository}:${ordinaryTags[0]}`,
          ordinaryTags.some((tag) => parseVersion(tag) !== undefined),
        );
    }
  }

  #content(repository: string, images: readonly Node[], capabilities: Capabilities, times: Times): void {
    const untold = (check: Check, what: string): void => this.#unknown(check, images.length, `the registry does not tell ${what}`);
    if (!capabilities.platforms) untold('platforms', 'platforms');
    if (times.clock === 'none') untold('times', 'times');
    for (const node of images) {
      const name = nameOf(repository, node);
      // What is not seen to be attached is missing only where all that is attached is seen.
      const seen = (fact: boolean | undefined): boolean | undefined => (fact === false && !capabilities.attachments ? undefined : fact);
      this.#know('signatures', name, seen(node.signed), UNSEEN);
      this.#know('sboms', name, seen(hasSbom(node)), UNSEEN);
      if (times.clock !== 'none') this.#check('times', name, times.pushed(node) !== undefined);
      if (capabilities.platforms && node.manifest.artifactType === undefined)
        this.#check('platforms', name, (node.manifest.platforms ?? []).length > 0);
    }
  }

  #times({ capabilities }: RepositoryInventory, { nodes }: Graph): Times {
    return new Times(nodes, capabilities, this.#settings.now);
  }

  /** Where there are attachments alone, their images are elsewhere. */
  #orphans(repository: string, { nodes }: Graph, images: readonly Node[]): void {
    const attachments = nodes.filter(({ isAttachment, parents }) => isAttachment && parents.length === 0);
    if (images.length === 0)
      return this.#unknown('orphaned', attachments.length, 'a repository of attachments alone has its images elsewhere');
    for (const node of attachments) this.#check('orphaned', nameOf(repository, node), node.subjects.length > 0);
  }

  #check(check: Check, name: string, isFine: boolean): void {
    const tally = this.#tallies.get(check) as Tally;
    tally.of += 1;
    if (isFine) return;
    tally.count += 1;
    this.#example(check, name);
  }

  #know(check: Check, name: string, isFine: boolean | undefined, why: string): void {
    if (isFine === undefined) this.#unknown(check, 1, why);
    else this.#check(check, name, isFine);
  }

  #unknown(check: Check, count: number, why: string): void {
    if (count === 0) return;
    const tally = this.#tallies.get(check) as Tally;
    tally.unknown += count;
    tally.why ??= why;
  }

  #example(check: Check, name: string): void {
    const { examples } = this.#tallies.get(check) as Tally;
    if (examples.length < SHOWN) examples.push(name);
  }
}

function itemOf(check: Check, { of, count, unknown, why, examples }: Tally): ChecklistItem {
  return {
    check,
    state: count > 0 ? 'finding' : unknown > 0 ? 'unknown' : 'pass',
    message: CHECKS[check],
    count,
    of,
    ...(unknown > 0 && { unknown, why: why as string }),
    ...(count > 0 && { examples }),
  };
}

/** Helm writes the "+" of a version as "_". */
function isHelmVersion(tag: string): boolean {
  return tag === tag.toLowerCase() && parseVersion(tag) !== undefined;
}

function nameOf(repository: string, { tags, manifest }: Node): string {
  return tags.length > 0 ? `${repository}:${tags[0]}` : `${repository}@${manifest.digest.slice(0, 19)}`;
}
