import type { Capabilities } from '../domain/inventory.ts';

/** What a registry tells and does by an interface of its own, or not at all. */
type Own = Pick<Capabilities, 'deleteTag' | 'listUntagged' | 'pushedAt' | 'pulledAt' | 'tagTimes' | 'attachments' | 'cascades' | 'undo'>;

/** The capabilities of a registry whose manifests and configs are read: all that images say of themselves, and no scans. */
export function manifestCapabilities({ deleteTag, listUntagged, pushedAt, pulledAt, tagTimes, ...more }: Own): Capabilities {
  return {
    deleteTag,
    listUntagged,
    pushedAt,
    createdAt: true,
    pulledAt,
    tagTimes,
    labels: true,
    annotations: true,
    platforms: true,
    artifactType: true,
    vulnerability: false,
    ...more,
  };
}
