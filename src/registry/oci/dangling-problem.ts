import type { OciClient } from '../../distribution/client.ts';
import type { DanglingTag } from '../../domain/inventory.ts';

/**
 * What to tell of a listed tag whose manifest is not there, and what to do about it. `canDeleteTag`: the registry takes a single tag off.
 * Otherwise it may be distribution 2, which has no request that removes such a tag.
 */
export function danglingProblem(client: OciClient, repository: string, { tag, digest }: DanglingTag, canDeleteTag: boolean): string {
  const manifest = digest === undefined ? 'its manifest' : `the manifest ${digest} that it points to`;
  const remedy = canDeleteTag
    ? `Take it off: curl -u USER -X DELETE ${client.url}/v2/${repository}/manifests/${tag}.`
    : `Push it again, or, on Docker's registry 2 (distribution), remove the tag from the storage: ` +
      `rm -r ROOT/docker/registry/v2/repositories/${repository}/_manifests/tags/${tag}, where ROOT is its root directory.`;
  return (
    `The tag ${client.label(repository, tag)} is listed, but ${manifest} is not there. ${remedy} ` +
    'Or go on without it: danglingTags: ignore in the policy.'
  );
}
