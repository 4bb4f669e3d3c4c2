import { quoted } from '../../diagnostics/redact.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { Batches } from '../../distribution/batches.ts';
import { ListBounds } from '../../distribution/list-bounds.ts';
import { type Digest, isDigest } from '../../domain/digest.ts';
import { asList, asObject } from '../../domain/json.ts';
import { isTag } from '../../domain/tag.ts';
import { utcTime } from '../../domain/time.ts';
import type { Call, GhcrClient } from './client.ts';
import type { Owners } from './owners.ts';

/** A version of a package: a manifest with all its tags. */
export interface Version {
  readonly id: number;
  readonly digest: Digest;
  readonly tags: readonly string[];
  /** `created_at`, when it was pushed, ISO 8601 UTC; undefined where that is not told. `updated_at` is not used: any change sets it. */
  readonly pushedAt: string | undefined;
}

export interface ListOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called for each page. */
  readonly onPage?: (() => void) | undefined;
}

/** By digest. */
export type Versions = ReadonlyMap<Digest, Version>;

/** Repositories of which the ids are remembered; a few are worked on at a time. */
const REMEMBERED = 16;
/** More than are ever asked about at the same time. */
const MOST_AT_ONCE = 1000;

/** Reads the versions of packages, and remembers their ids, so that each can be asked about by itself. */
export class PackageVersions {
  readonly #client: GhcrClient;
  readonly #owners: Owners;
  readonly #ids = new Map<string, Map<Digest, number>>();
  readonly #listings: Batches<Digest, Version>;

  constructor(client: GhcrClient, owners: Owners) {
    this.#client = client;
    this.#owners = owners;
    this.#listings = new Batches(MOST_AT_ONCE, (repository) => this.list(repository));
  }

  /** All that are there now. Throws `NOT_FOUND` for a repository that is not there, or that the token may not see. */
  async list(repository: string, options: ListOptions = {}): Promise<Versions> {
    const versions = await this.#read(repository, 'active', options);
    const ids = new Map([...versions.values()].map(({ digest, id }) => [digest, id]));
    this.#ids.delete(repository);
    this.#ids.set(repository, ids);
    const [oldest] = this.#ids.keys();
    if (this.#ids.size > REMEMBERED && oldest !== undefined) this.#ids.delete(oldest);
    return versions;
  }

  /**
   * The same for a reading on which decisions are made: pages are counted by number, so what is deleted meanwhile makes others slip from a
   * page not yet read onto one that was. A list of several pages is read until two agree. Throws `REGISTRY_ERROR` where they do not.
   */
  async listSteadily(repository: string, options: ListOptions = {}): Promise<Versions> {
    let pages = 0;
    const countPages = (): void => {
      pages += 1;
      options.onPage?.();
    };
    let versions = await this.list(repository, { ...options, onPage: countPages });
    if (pages === 1) return versions;
    for (let tries = 0; tries < 3; tries++) {
      const again = await this.list(repository, options);
      if (fingerprint(again) === fingerprint(versions)) return again;
      versions = again;
    }
    throw new ToolError(
      'REGISTRY_ERROR',
      `Cannot list the versions of ${this.#client.label(repository)}: they change while they are listed.`,
      {
        hint: 'Run again when less is pushed and deleted there.',
      },
    );
  }

  /** The ids of those that were deleted and can still be restored (30 days); of one that was deleted twice, the newest. */
  async deleted(repository: string): Promise<ReadonlyMap<Digest, number>> {
    const versions = await this.#read(repository, 'deleted', {});
    return new Map([...versions.values()].map(({ digest, id }) => [digest, id]));
  }

  /**
   * The version of a digest as it is now; undefined where there is none. That it is not there is believed of the list alone, since an
   * answer of 404 may mean many things.
   */
  async find(repository: string, digest: Digest): Promise<Version | undefined> {
    const id = this.#ids.get(repository)?.get(digest);
    const known = id === undefined ? undefined : await this.#byId(repository, digest, id);
    return known ?? this.#listings.load(repository, digest);
  }

  /** Notes the id of a version that was not in the last list, since it was restored. */
  remember(repository: string, digest: Digest, id: number): void {
    const ids = this.#ids.get(repository) ?? new Map<Digest, number>();
    this.#ids.set(repository, ids.set(digest, id));
  }

  /** The path of a version. */
  async pathOf(repository: string, id: number): Promise<string> {
    return `${await this.#owners.packageOf(repository)}/versions/${id}`;
  }

  async #byId(repository: string, digest: Digest, id: number): Promise<Version | undefined> {
    const doing = `read the version ${this.#client.label(repository, digest)}`;
    const json = await this.#client.find({ doing, path: await this.pathOf(repository, id), repository });
    if (!json) return undefined;
    const version = versionOf(json, doing);
    if (version.id !== id || version.digest !== digest) throw badAnswer(doing, 'GitHub tells of another version');
    return version;
  }

  async #read(repository: string, state: 'active' | 'deleted', { signal, onPage }: ListOptions): Promise<Versions> {
    const doing = `list the ${state === 'deleted' ? 'deleted ' : ''}versions of ${this.#client.label(repository)}`;
    const path = `${await this.#owners.packageOf(repository)}/versions`;
    const call: Call = { doing, path, query: { state }, repository, signal };
    const versions = new Map<Digest, Version>();
    const bounds = new ListBounds(doing);
    for await (const page of this.#client.pages(call)) {
      onPage?.();
      for (const entry of page) {
        const version = versionOf(entry, doing);
        if (!versions.has(version.digest)) versions.set(version.digest, version);
      }
      bounds.check(versions.size);
    }
    return versions;
  }
}

/** Where each tag points to. Throws `BAD_RESPONSE` for a tag on two versions: which of them has it is then not known. */
export function digestsOf(versions: Versions, doing: string): Map<string, Digest> {
  const digests = new Map<string, Digest>();
  for (const { digest, tags } of versions.values()) {
    for (const tag of tags) {
      if (digests.has(tag)) throw badAnswer(doing, `the tag ${tag} is listed on ${digests.get(tag)} and on ${digest}`);
      digests.set(tag, digest);
    }
  }
  return digests;
}

function versionOf(entry: unknown, doing: string): Version {
  const { id, name, created_at: created, metadata } = asObject(entry) ?? {};
  const container = asObject(asObject(metadata)?.['container']);
  const tags = container && 'tags' in container ? asList(container['tags']) : undefined;
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || id <= 0 || !isDigest(name) || !tags)
    throw badAnswer(doing, 'it tells of a version without an id, a digest or tags');
  const names = tags.map((tag) => {
    if (typeof tag === 'string' && isTag(tag)) return tag;
    throw badAnswer(doing, `it lists ${quoted(typeof tag === 'string' ? tag : JSON.stringify(tag))}, which is not a tag`);
  });
  return { id, digest: name, tags: names, pushedAt: utcTime(created) };
}

function fingerprint(versions: Versions): string {
  return JSON.stringify([...versions.values()].toSorted((a, b) => a.id - b.id));
}
