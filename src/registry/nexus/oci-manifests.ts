import type { NexusVersion } from './client.ts';

/**
 * Whether this version's task "Docker - Delete unused manifests and images" may delete OCI manifests that are in use: they are understood
 * from 3.71 on (help.sonatype.com, "Docker Registry", "Supporting OCI Images", and its warning in the pages of earlier versions).
 */
export function deletesOciManifests({ minor }: NexusVersion): boolean {
  return minor < 71;
}
