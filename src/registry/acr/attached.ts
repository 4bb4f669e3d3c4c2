import { refused, isManifestUnknown } from '../../distribution/answer-errors.ts';
import { Batches } from '../../distribution/batches.ts';
import type { ContentCache } from '../../distribution/cache.ts';
import { ListBounds } from '../../distribution/list-bounds.ts';
import type { ManifestDocument } from '../../distribution/manifest-document.ts';
import { ManifestReader } from '../../distribution/manifest-reader.ts';
import type { ReferrersApi } from '../../distribution/referrers.ts';
import type { Digest } from '../../domain/digest.ts';
import { parseTime } from '../../domain/time.ts';
import { entriesOf, type ManifestAttributes, manifestAttributes, openAnswer } from './attributes.ts';
import type { AcrClient } from './client.ts';

/** What is attached to a manifest by its `subject`. */
export type LookUp = (subject: Digest) => readonly Digest[] | Promise<readonly Digest[]>;

/** So long before the newest known time a manifest may have come that was not listed yet, in milliseconds. */
const MARGIN_MS = 5 * 60_000;
/**
 * So many manifests are read at most to find out what is attached where no inventory told it. ListReferrers, which tells it of one
 * manifest, may be asked 250 times a minute in Basic and Standard (container-registry-skus.md), and counts as a read besides.
 */
const MOST_READ = 250;

/** The attachments of one repository, as of its newest known time. */
interface Known {
  readonly bySubject: Map<Digest, Set<Digest>>;
  /** Those that came within {@link MARGIN_MS} of the newest known time, or nobody knows when: they need not be read again. */
  readonly recent: Set<Digest>;
  /** Milliseconds since the epoch, by the registry's clock. */
  newest: number;
}

/**
 * What is attached to what. Every inventory reads all manifests, so it is known from there; what came since is listed first where the list
 * is sorted by time, so that one request tells of all deletions that are prepared side by side. Where no inventory was read, the list and
 * the cache tell, or else the referrers API, manifest by manifest.
 */
export class Attached {
  readonly #client: AcrClient;
  readonly #cache: ContentCache | undefined;
  readonly #referrers: ReferrersApi;
  readonly #known = new Map<string, Promise<Known | undefined>>();
  readonly #wentAlong = new Set<string>();
  readonly #lookUps = new Batches<'now', LookUp>(2, async (repository) => new Map([['now', await this.#lookUp(repository)]]));

  constructor(client: AcrClient, cache: ContentCache | undefined, referrers: ReferrersApi) {
    this.#client = client;
    this.#cache = cache;
    this.#referrers = referrers;
  }

  /** Notes what an inventory has read of a repository, all of it. */
  note(repository: string, manifests: Iterable<ManifestAttributes>, documents: ReadonlyMap<Digest, ManifestDocument>): void {
    const known: Known = { bySubject: new Map(), recent: new Set(), newest: 0 };
    const all = [...manifests];
    for (const manifest of all) noteTime(known, manifest);
    for (const manifest of all) {
      if (isRecent(known, manifest)) known.recent.add(manifest.digest);
      noteSubject(known, manifest.digest, documents.get(manifest.digest)?.subject);
    }
    this.#known.set(repository, Promise.resolve(known));
  }

  /** Tells what is attached to the manifests of a repository now. */
  async now(repository: string): Promise<LookUp> {
    const lookUp = await this.#lookUps.load(repository, 'now');
    if (!lookUp) throw new TypeError('a look-up has a result');
    return lookUp;
  }

  /** A manifest was deleted, so what was attached to it went along. */
  async noteDeletion(repository: string, digest: Digest): Promise<void> {
    const known = await this.#known.get(repository);
    const pending = [digest];
    for (let subject = pending.pop(); subject !== undefined; subject = pending.pop()) {
      for (const attached of known?.bySubject.get(subject) ?? []) {
        this.#wentAlong.add(`${repository} ${attached}`);
        pending.push(attached);
      }
      known?.bySubject.delete(subject);
    }
  }

  /** True of a manifest that went along with another and is not there, as the registry itself says. */
  async isGone(repository: string, digest: Digest): Promise<boolean> {
    if (!this.#wentAlong.has(`${repository} ${digest}`)) return false;
    const response = await this.#client.oci.getManifest(repository, digest);
    if (isManifestUnknown(response)) return true;
    if (response.status === 200) return false;
    throw refused(`find out whether ${this.#client.label(repository, digest)} is there`, response);
  }

  async #lookUp(repository: string): Promise<LookUp> {
    const first = !this.#known.has(repository);
    if (first) this.#known.set(repository, this.#load(repository));
    const loading = this.#known.get(repository) as Promise<Known | undefined>;
    const known = await loading.catch((error: unknown) => {
      this.#known.delete(repository);
      throw error;
    });
    if (!known) return async (subject) => (await this.#referrers.list(repository, subject)).map(({ digest }) => digest);
    if (!first) await this.#refresh(repository, known);
    return (subject) => [...(known.bySubject.get(subject) ?? [])];
  }

  /** Reads the whole list, and the manifests that are in the cache; undefined where too many are not. */
  async #load(repository: string): Promise<Known | undefined> {
    const manifests: ManifestAttributes[] = [];
    for await (const page of this.#pages(repository)) manifests.push(...page);
    const uncached: Digest[] = [];
    for (const { digest } of manifests) if (!this.#cache?.read(digest)) uncached.push(digest);
    if (uncached.length > MOST_READ) return undefined;
    const documents = await this.#read(repository, manifests);
    this.note(repository, manifests, documents);
    return this.#known.get(repository);
  }

  /**
   * Reads what came since. Every change of a manifest sets its `lastUpdateTime`, by which the list is sorted, so that its beginning tells
   * all. If a page is not sorted, or all its times are the same, the order may have been ignored, and the next page is read too.
   */
  async #refresh(repository: string, known: Known): Promise<void> {
    const since = known.newest - MARGIN_MS;
    const fresh: ManifestAttributes[] = [];
    let last = Number.POSITIVE_INFINITY;
    let isSorted = true;
    let descends = false;
    for await (const page of this.#pages(repository, 'timedesc')) {
      for (const manifest of page) {
        const updated = parseTime(manifest.lastUpdateTime ?? '') ?? last;
        isSorted &&= updated <= last;
        descends ||= updated < last && last !== Number.POSITIVE_INFINITY;
        last = updated;
        if (isRecent(known, manifest) && !known.recent.has(manifest.digest)) fresh.push(manifest);
      }
      if (isSorted && descends && last < since) break;
    }
    const documents = await this.#read(repository, fresh);
    for (const manifest of fresh) {
      noteTime(known, manifest);
      known.recent.add(manifest.digest);
      noteSubject(known, manifest.digest, documents.get(manifest.digest)?.subject);
    }
  }

  async *#pages(repository: string, order?: 'timedesc'): AsyncGenerator<readonly ManifestAttributes[]> {
    const doing = `list the manifests of ${this.#client.label(repository)}`;
    const bounds = new ListBounds(doing);
    let count = 0;
    for await (const page of this.#client.manifestPages(repository, doing, { ...(order && { order }) })) {
      const manifests = entriesOf(openAnswer(page, repository, doing), 'manifests', doing).map((entry) => manifestAttributes(entry, doing));
      count += manifests.length;
      yield manifests;
      bounds.check(count);
    }
  }

  async #read(repository: string, manifests: readonly ManifestAttributes[]): Promise<Map<Digest, ManifestDocument>> {
    const reader = new ManifestReader({ client: this.#client.oci, repository, cache: this.#cache, signal: undefined });
    const documents = new Map<Digest, ManifestDocument>();
    const read = manifests.map(async ({ digest, mediaType }) => {
      const document = await reader.byDigest(digest, mediaType);
      if (document) documents.set(digest, document);
    });
    // Until all have ended, also where one fails.
    for (const result of await Promise.allSettled(read)) if (result.status === 'rejected') throw result.reason;
    return documents;
  }
}

function noteTime(known: Known, { createdTime, lastUpdateTime }: ManifestAttributes): void {
  known.newest = Math.max(known.newest, parseTime(createdTime ?? '') ?? 0, parseTime(lastUpdateTime ?? '') ?? 0);
}

function isRecent({ newest }: Known, { createdTime }: ManifestAttributes): boolean {
  const created = parseTime(createdTime ?? '');
  return created === undefined || created >= newest - MARGIN_MS;
}

function noteSubject({ bySubject }: Known, digest: Digest, subject: Digest | undefined): void {
  if (subject === undefined || subject === digest) return;
  const attached = bySubject.get(subject) ?? new Set();
  attached.add(digest);
  bySubject.set(subject, attached);
}
