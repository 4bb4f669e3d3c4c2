import type { Capabilities } from '../../domain/inventory.ts';

/**
 * What ACR tells. Nothing of pulls and scans; and nothing that stands in an image's config, which would be two more requests for each image: when it was built, and its
 * labels. `cascades`: what is attached to a manifest by its `subject` goes with it (container-registry-manage-artifact.md); the children of an index do not.
 */
export const ACR_CAPABILITIES: Capabilities = {
  deleteTag: true,
  listUntagged: true,
  pushedAt: true,
  createdAt: false,
  pulledAt: false,
  tagTimes: true,
  labels: false,
  annotations: true,
  platforms: true,
  artifactType: true,
  vulnerability: false,
  cascades: true,
};
