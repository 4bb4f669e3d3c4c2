import type { Digest } from '../../domain/digest.ts';
import type { Standing } from '../registry.ts';
import { findArtifact, type Reading } from './artifacts.ts';
import { labelNames } from './build-manifests.ts';
import type { PullPolicy } from './pull-policy.ts';

const DETAIL = 'with_tag=true&with_label=true&with_immutable_status=true&with_accessory=true';

/** What stands for or against deleting an artifact now, by the REST API, whose requests do not count as pulls. */
export async function readStanding(reading: Reading, policy: PullPolicy, digest: Digest): Promise<Standing | undefined> {
  const artifact = await findArtifact(reading, digest, DETAIL);
  if (!artifact) return undefined;
  const { tags, children, accessories, pulledAt } = artifact;
  const unreadable = await policy.unreadable(reading.repository, digest);
  return {
    labels: labelNames(artifact),
    lockedTags: tags.filter(({ immutable }) => immutable).map(({ name }) => name),
    children: children.map((child) => child.digest),
    ...(pulledAt !== undefined && { pulledAt }),
    alone: children.length === 0 && accessories.length === 0,
    ...(unreadable && { unreadable }),
  };
}
