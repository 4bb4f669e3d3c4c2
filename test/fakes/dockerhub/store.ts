import { attachmentTag } from '../../../src/demo/attachments.ts';
import { index, type Pushable } from '../../../src/demo/image.ts';
import type { Digest } from '../../../src/domain/digest.ts';
import { asDigest } from '../../digest.ts';
import type { ManifestJson } from '../shared/manifest-json.ts';

export interface StoredManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly json: ManifestJson;
  /** Milliseconds since the epoch. */
  lastPushed: number;
  lastPulled?: number;
}

export interface StoredTag {
  readonly name: string;
  digest: Digest;
  lastPushed: number;
  lastPulled?: number;
}

export interface StoredRepository {
  readonly namespace: string;
  readonly name: string;
  /** What lost its last tag stays. */
  readonly manifests: Map<Digest, StoredManifest>;
  readonly tags: Map<string, StoredTag>;
  readonly blobs: Map<string, Buffer>;
  /** Expressions for immutable tags. */
  readonly immutable: string[];
  isPrivate: boolean;
}

/** An image as the list of tags shows it. */
export interface ShownImage {
  readonly manifest: StoredManifest;
  /** `os/architecture[/variant]` */
  readonly platform: string;
}

/** What Docker Hub holds, and the rules by which it changes. */
export class HubStore {
  readonly repositories = new Map<string, StoredRepository>();
  /** It lists what is attached to a manifest, so that clients keep no fallback tag. */
  referrersApi = true;
  now: () => number = Date.now;

  /** A repository, made when it is first asked for. */
  repository(path: string): StoredRepository {
    const [namespace = '', name = ''] = path.split('/');
    const known = this.repositories.get(path) ?? {
      namespace,
      name,
      manifests: new Map(),
      tags: new Map(),
      blobs: new Map(),
      immutable: [],
      isPrivate: false,
    };
    this.repositories.set(path, known);
    return known;
  }

  /** Pushes a thing with all that it needs, as any client does. */
  push(path: string, thing: Pushable, tags: readonly string[] = [], pulledAt?: number): void {
    const stored = this.repository(path);
    for (const blob of thing.blobs) stored.blobs.set(blob.digest, blob.bytes);
    for (const child of thing.children) this.push(path, child, [], pulledAt);
    this.put(stored, thing, tags, pulledAt);
    if (this.referrersApi || thing.subject === undefined || tags.length > 0) return;
    const tag = attachmentTag(thing.subject);
    const before = stored.manifests.get(stored.tags.get(tag)?.digest ?? thing.digest)?.json.manifests ?? [];
    const attached = [...before.map(({ digest }) => stored.manifests.get(asDigest(digest))!), thing].map((one): Pushable => ({
      ...thing,
      digest: one.digest,
      mediaType: one.mediaType,
      bytes: one.bytes,
    }));
    this.put(stored, index(attached), [tag]);
  }

  put(
    stored: StoredRepository,
    { digest, mediaType, bytes }: Pick<Pushable, 'digest' | 'mediaType' | 'bytes'>,
    tags: readonly string[],
    pulledAt?: number,
  ): void {
    const lastPushed = this.now();
    const content = JSON.parse(bytes.toString('utf8')) as ManifestJson;
    const manifest = stored.manifests.get(digest) ?? { digest, mediaType, bytes, json: content, lastPushed };
    stored.manifests.set(digest, manifest);
    manifest.lastPushed = lastPushed;
    if (pulledAt !== undefined) manifest.lastPulled = pulledAt;
    for (const name of tags) {
      const before = stored.tags.get(name);
      stored.tags.delete(name);
      stored.tags.set(name, {
        name,
        digest,
        lastPushed,
        ...(pulledAt !== undefined ? { lastPulled: pulledAt } : before?.lastPulled !== undefined && { lastPulled: before.lastPulled }),
      });
    }
  }

  isImmutable({ immutable }: StoredRepository, tag: string): boolean {
    return immutable.some((rule) => new RegExp(rule).test(tag));
  }

  /** What the list of tags shows of a manifest: itself, or what it holds, to any depth, without the indexes in between. */
  images(stored: StoredRepository, digest: Digest, platform = 'unknown/unknown'): ShownImage[] {
    const manifest = stored.manifests.get(digest);
    if (!manifest) return [];
    const { manifests, config } = manifest.json;
    if (manifests) return manifests.flatMap((entry) => this.images(stored, asDigest(entry.digest), platformOf(entry.platform) ?? platform));
    const own = JSON.parse(stored.blobs.get(config?.digest ?? '')?.toString('utf8') ?? '{}') as Readonly<Record<string, string>>;
    return [{ manifest, platform: platformOf(own) ?? platform }];
  }
}

function platformOf({ os, architecture, variant }: Readonly<Record<string, string>> = {}): string | undefined {
  if (os === undefined || architecture === undefined) return undefined;
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join('/');
}
