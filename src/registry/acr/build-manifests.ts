import type { Digest } from '../../domain/digest.ts';
import type { Manifest } from '../../domain/inventory.ts';
import { buildManifests as buildFromDocuments } from '../../distribution/build-manifests.ts';
import type { ImageConfig } from '../../distribution/image-config.ts';
import type { ManifestDocument } from '../../distribution/manifest-document.ts';
import type { TagAttributes } from './attributes.ts';
import type { Listing } from './listing.ts';

/** Makes the manifests of an inventory, sorted by digest: what manifests say of themselves, and what ACR says of them and their tags. */
export function buildManifests({ repository, manifests, tags }: Listing, documents: Map<Digest, ManifestDocument>): Manifest[] {
  const tagsOn = new Map<Digest, TagAttributes[]>();
  for (const tag of [...tags.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const others = tagsOn.get(tag.digest);
    if (others) others.push(tag);
    else tagsOn.set(tag.digest, [tag]);
  }
  const tagged = {
    documents,
    digests: new Map([...tags.values()].map(({ name, digest }) => [name, digest])),
    tags: new Map([...tagsOn].map(([digest, list]) => [digest, list.map(({ name }) => name)])),
  };
  return buildFromDocuments(tagged, platforms(manifests, documents)).map(
    ({ createdAt: _created, labels: _labels, ...manifest }): Manifest => {
      const { createdTime, locked } = manifests.get(manifest.digest) ?? { locked: true };
      return {
        ...manifest,
        ...tagFields(tagsOn.get(manifest.digest) ?? []),
        ...(createdTime !== undefined && { pushedAt: createdTime }),
        ...((locked || repository.locked) && { locked: true }),
      };
    },
  );
}

function tagFields(tags: readonly TagAttributes[]): Pick<Manifest, 'tagTimes' | 'lockedTags'> {
  const times = tags.flatMap(({ name, lastUpdateTime }) => (lastUpdateTime === undefined ? [] : [[name, lastUpdateTime] as const]));
  const locked = tags.flatMap((tag) => (tag.locked ? [tag.name] : []));
  return { ...(times.length > 0 && { tagTimes: Object.fromEntries(times) }), ...(locked.length > 0 && { lockedTags: locked }) };
}

/** In place of the images' configs, what their lists say of the platform: ACR, without a variant, and the entry of an index, with it. */
function platforms(manifests: Listing['manifests'], documents: ReadonlyMap<Digest, ManifestDocument>): Map<Digest, ImageConfig> {
  const listed = new Map<Digest, string>();
  for (const { children } of documents.values())
    for (const { digest, platform } of children) if (platform !== undefined) listed.set(digest, platform);
  const configs = new Map<Digest, ImageConfig>();
  for (const { digest, config } of documents.values()) {
    const own = manifests.get(digest)?.platform;
    if (config && own !== undefined) configs.set(config.digest, { platform: listed.get(digest) ?? own });
  }
  return configs;
}
