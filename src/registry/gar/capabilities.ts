import type { Capabilities } from '../../domain/inventory.ts';

/**
 * What Artifact Registry tells of an image without its manifest and config being read: no labels, no annotations, a platform only of what an index lists. It records no
 * pulls, and when a tag was set it does not tell. A repository with immutable tags takes none off.
 */
export function garCapabilities({ immutableTags }: { readonly immutableTags: boolean }): Capabilities {
  return {
    deleteTag: !immutableTags,
    listUntagged: true,
    pushedAt: true,
    createdAt: true,
    pulledAt: false,
    tagTimes: false,
    labels: false,
    annotations: false,
    platforms: false,
    artifactType: true,
    vulnerability: false,
  };
}
