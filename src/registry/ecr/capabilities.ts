import type { Capabilities } from '../../domain/inventory.ts';

/**
 * What ECR tells of an image without its manifest being read, which would be a pull: nothing of its config, so neither when it was made nor labels nor platform, and
 * no annotations. Times are of images and not of tags.
 */
export const ECR_CAPABILITIES: Capabilities = {
  deleteTag: true,
  listUntagged: true,
  pushedAt: true,
  createdAt: false,
  pulledAt: true,
  tagTimes: false,
  labels: false,
  annotations: false,
  platforms: false,
  artifactType: true,
  vulnerability: true,
  archive: true,
};

/** ECR Public besides records no pulls, scans nothing and has no archive. */
export const ECR_PUBLIC_CAPABILITIES: Capabilities = { ...ECR_CAPABILITIES, pulledAt: false, vulnerability: false, archive: false };
