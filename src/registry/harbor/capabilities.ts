import type { Capabilities } from '../../domain/inventory.ts';
import { DOCKER_MANIFEST, OCI_MANIFEST } from '../../domain/media-types.ts';
import type { Artifact } from './artifact.ts';

/** What Harbor tells. Before 2.11 it knows no artifact types; from then on every manifest has one, if only its config's. */
export function harborCapabilities(artifacts: Iterable<Artifact>): Capabilities {
  return {
    deleteTag: true,
    listUntagged: true,
    pushedAt: true,
    createdAt: true,
    pulledAt: true,
    tagTimes: true,
    labels: true,
    annotations: true,
    platforms: true,
    artifactType: [...artifacts].every(
      ({ mediaType, artifactType }) => artifactType !== '' || ![OCI_MANIFEST, DOCKER_MANIFEST].includes(mediaType),
    ),
    vulnerability: true,
    cascades: true,
  };
}
