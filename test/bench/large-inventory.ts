import { createHash } from 'node:crypto';
import type { Inventory, Manifest, RepositoryInventory } from '../../src/domain/inventory.ts';
import { OCI_INDEX, OCI_MANIFEST } from '../../src/domain/media-types.ts';
import { asDigest } from '../digest.ts';
import type { Digest } from '../../src/domain/digest.ts';

export const NOW = Date.UTC(2026, 5, 1);
/** Of one build: an index, two platforms, a signature. */
const PER_BUILD = 4;

/** An inventory of about so many manifests. */
export function largeInventory(manifests: number, repositories: number): Inventory {
  return {
    kind: 'Inventory',
    formatVersion: '1.0',
    takenAt: new Date(NOW).toISOString(),
    repositories: [...largeRepositories(manifests, repositories)],
  };
}

/** Its repositories, one at a time: of builds for two platforms, each signed, with three tags of different kinds. */
export function* largeRepositories(manifests: number, repositories: number): Generator<RepositoryInventory> {
  for (let number = 0; number < repositories; number++) yield repository(number, Math.round(manifests / repositories / PER_BUILD));
}

function repository(number: number, builds: number): RepositoryInventory {
  return {
    registry: 'bench',
    type: 'oci',
    repository: `team/app-${number}`,
    complete: true,
    capabilities: {
      deleteTag: true,
      listUntagged: true,
      pushedAt: true,
      createdAt: true,
      pulledAt: false,
      tagTimes: false,
      labels: true,
      annotations: true,
      platforms: true,
      artifactType: true,
      vulnerability: false,
    },
    manifests: Array.from({ length: builds }, (_, build) => manifestsOf(`${number} ${build}`, build, builds)).flat(),
  };
}

function manifestsOf(seed: string, build: number, builds: number): Manifest[] {
  const at = new Date(NOW - (builds - build) * 3_600_000).toISOString();
  const times = { pushedAt: at, createdAt: at };
  const children = ['amd64', 'arm64'].map((platform): Manifest => {
    const blobs = ['manifest', 'config', 'layer 1', 'layer 2'].map((part) => ({
      digest: digest(`${seed} ${platform} ${part}`),
      size: 1000,
    }));
    const base = { digest: digest(`base ${platform}`), size: 30_000_000 };
    return {
      digest: blobs[0]!.digest,
      mediaType: OCI_MANIFEST,
      size: 30_004_000,
      tags: [],
      ...times,
      config: blobs[1]!.digest,
      children: [],
      platforms: [`linux/${platform}`],
      blobs: [...blobs, base],
    };
  });
  const index = digest(`${seed} index`);
  const tags = [`v${build % 7}.${build % 40}.${build}`, `main-${digest(seed).slice(7, 19)}`, `pr-${build % 300}-${build}`];
  const signature = digest(`${seed} signature`);
  return [
    {
      digest: index,
      mediaType: OCI_INDEX,
      size: 700,
      tags,
      ...times,
      children: children.map((child) => child.digest),
      platforms: ['linux/amd64', 'linux/arm64'],
      blobs: [{ digest: index, size: 700 }],
    },
    ...children,
    {
      digest: signature,
      mediaType: OCI_MANIFEST,
      size: 900,
      tags: [`${index.replace(':', '-')}.sig`],
      ...times,
      children: [],
      blobs: [{ digest: signature, size: 900 }],
    },
  ];
}

function digest(seed: string): Digest {
  return asDigest(`sha256:${createHash('sha256').update(seed).digest('hex')}`);
}
