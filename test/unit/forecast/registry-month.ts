import type { Digest } from '../../../src/domain/digest.ts';
import type { Blob, Inventory, Manifest, RepositoryInventory } from '../../../src/domain/inventory.ts';
import { OCI_INDEX, OCI_MANIFEST } from '../../../src/domain/media-types.ts';
import { makePlan } from '../../../src/plan/make-plan.ts';
import type { Policy } from '../../../src/policy/policy.ts';
import { asDigest } from '../../digest.ts';
import { capabilities, NOTHING_IN_USE } from '../plan/fixture.ts';

export const DAY = 86_400_000;

/** What happened on the days that were lived, and what is there at their end. */
export interface Lived {
  readonly pushed: number;
  readonly deleted: number;
  readonly images: number;
  readonly bytes: number;
}

/**
 * A registry as three teams use it: builds of the main branch and of branches that come and go, releases, nightly builds, images for two
 * platforms with signatures, a tag that moves and leaves images without one. It lives day by day from `start` on, and each night it is
 * planned by these policies, if any, and the plan is carried out. The same `seed`, the same life.
 */
export class RegistryMonth {
  readonly #random: () => number;
  readonly #manifests = new Map<string, Map<Digest, Manifest>>([
    ['team/api', new Map()],
    ['team/web', new Map()],
    ['team/tools', new Map()],
  ]);
  readonly #branches: { name: string; until: number }[] = [];
  readonly #versions = { minor: 4, patch: 0 };
  #count = 0;
  #now: number;

  constructor(seed: number, start: number) {
    let state = seed;
    // mulberry32
    this.#random = () => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
    this.#now = start;
  }

  get now(): number {
    return this.#now;
  }

  /** Lives so many days. */
  live(days: number, policies: readonly Policy[] = []): Lived {
    let pushed = 0;
    let deleted = 0;
    for (let day = 0; day < days; day += 1) {
      pushed += this.#day();
      this.#now += DAY;
      if (policies.length > 0) deleted += this.#night(policies);
    }
    return { pushed, deleted, images: this.#images(), bytes: this.#bytes() };
  }

  inventory(): Inventory {
    const repositories = [...this.#manifests].map(([repository, manifests]): RepositoryInventory => ({
      registry: 'prod',
      type: 'oci',
      repository,
      complete: true,
      capabilities: capabilities({ tagTimes: false }),
      manifests: [...manifests.values()],
    }));
    return { kind: 'Inventory', formatVersion: '1.0', takenAt: new Date(this.#now).toISOString(), repositories };
  }

  #images(): number {
    const parts = new Set([...this.#manifests.values()].flatMap((all) => [...all.values()].flatMap(({ children }) => children)));
    return [...this.#manifests.values()].flatMap((all) => [...all.values()].filter((one) => !parts.has(one.digest) && !one.subject)).length;
  }

  #bytes(): number {
    const blobs = new Map<string, number>();
    for (const all of this.#manifests.values())
      for (const one of all.values()) for (const blob of one.blobs ?? []) blobs.set(blob.digest, blob.size);
    return [...blobs.values()].reduce((sum, size) => sum + size, 0);
  }

  /** Everything that is pushed in 24 hours. */
  #day(): number {
    const working = [1, 2, 3, 4, 5].includes(new Date(this.#now).getUTCDay());
    const pace = working ? 1 : 0.2;
    let pushed = 0;
    const some = (mean: number, push: (at: number) => void): void => {
      const times = Array.from({ length: this.#often(mean * pace) }, () => this.#now + Math.floor(this.#random() * DAY)).toSorted();
      for (const at of times) push(at);
      pushed += times.length;
    };
    some(6, (at) => this.#image('team/api', at, [`main-${this.#sha()}`, 'main']));
    some(3, (at) => this.#index('team/web', at, [`main-${this.#sha()}`, 'latest']));
    some(4, (at) => this.#image('team/tools', at, ['edge']));
    if (this.#often(0.8 * pace) > 0)
      this.#branches.push({ name: `feature-${this.#word()}`, until: this.#now + (3 + this.#random() * 4) * DAY });
    for (const { name, until } of this.#branches)
      if (until > this.#now) some(2.5, (at) => this.#image('team/api', at, [`${name}-${this.#sha()}`]));
    if (this.#random() < 0.4 * pace) {
      if (this.#random() < 0.25) Object.assign(this.#versions, { minor: this.#versions.minor + 1, patch: 0 });
      else this.#versions.patch += 1;
      const { minor, patch } = this.#versions;
      this.#index('team/web', this.#now + DAY / 2, [`v1.${minor}.${patch}`, `v1.${minor}`]);
      pushed += 1;
    }
    this.#image('team/tools', this.#now + DAY / 8, [`nightly-${new Date(this.#now).toISOString().slice(0, 10).replaceAll('-', '')}`]);
    return pushed + 1;
  }

  #night(policies: readonly Policy[]): number {
    const context = { policies, inUse: NOTHING_IN_USE, now: this.#now, createdAt: this.#now, version: '1.0.0' };
    const plan = makePlan(this.inventory(), context);
    if (!plan.applyable) return 0;
    for (const { repository, images } of plan.repositories) {
      const manifests = this.#manifests.get(repository) as Map<Digest, Manifest>;
      for (const { digest, action, untag } of images) {
        const one = manifests.get(digest) as Manifest;
        if (action === 'delete') manifests.delete(digest);
        else if (untag.length > 0) manifests.set(digest, { ...one, tags: one.tags.filter((tag) => !untag.includes(tag)) });
      }
    }
    return plan.summary.images.delete;
  }

  #image(repository: string, at: number, tags: readonly string[]): void {
    this.#push(repository, { at, tags, blobs: this.#layers(repository), mediaType: OCI_MANIFEST, children: [] });
  }

  #index(repository: string, at: number, tags: readonly string[]): void {
    const children = ['linux/amd64', 'linux/arm64'].map((platform) =>
      this.#push(repository, {
        at,
        tags: [],
        blobs: this.#layers(repository),
        mediaType: OCI_MANIFEST,
        children: [],
        platforms: [platform],
      }),
    );
    const digest = this.#push(repository, { at, tags, blobs: [this.#blob(1000)], mediaType: OCI_INDEX, children });
    const type = 'application/vnd.dev.cosign.artifact.sig.v1+json';
    this.#push(repository, {
      at,
      tags: [],
      blobs: [this.#blob(700)],
      mediaType: OCI_MANIFEST,
      children: [],
      subject: digest,
      artifactType: type,
    });
  }

  #push(repository: string, { at, blobs, ...parts }: Omit<Manifest, 'digest' | 'size'> & { at: number; blobs: readonly Blob[] }): Digest {
    const digest = this.#digest();
    const manifests = this.#manifests.get(repository) as Map<Digest, Manifest>;
    for (const tag of parts.tags)
      for (const other of manifests.values())
        if (other.tags.includes(tag)) manifests.set(other.digest, { ...other, tags: other.tags.filter((one) => one !== tag) });
    const time = new Date(at).toISOString();
    const size = blobs.reduce((sum, blob) => sum + blob.size, 0);
    manifests.set(digest, { ...parts, blobs, digest, size, pushedAt: time, createdAt: time });
    return digest;
  }

  /** A base that all share, and layers of its own. */
  #layers(repository: string): readonly Blob[] {
    const base: Blob = { digest: asDigest(`sha256:${'ab'.repeat(31)}${repository.length.toString(16).padStart(2, '0')}`), size: 80e6 };
    return [base, this.#blob(Math.round(5e6 + this.#random() * 20e6)), this.#blob(2000)];
  }

  #blob(size: number): Blob {
    return { digest: this.#digest(), size };
  }

  #digest(): Digest {
    this.#count += 1;
    return asDigest(`sha256:${this.#sha()}${this.#count.toString(16).padStart(57, '0')}`);
  }

  #sha(): string {
    return Array.from({ length: 7 }, () => Math.floor(this.#random() * 16).toString(16)).join('');
  }

  #word(): string {
    return Array.from({ length: 6 }, () => 'klmnopqrstuvwxyz'.charAt(Math.floor(this.#random() * 16))).join('');
  }

  /** One of the two whole numbers around a mean. */
  #often(mean: number): number {
    return Math.floor(mean + this.#random());
  }
}
