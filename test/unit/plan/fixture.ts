import type { Capabilities, Manifest, RepositoryInventory } from '../../../src/domain/inventory.ts';
import { OCI_INDEX, OCI_MANIFEST } from '../../../src/domain/media-types.ts';
import type { InUse } from '../../../src/domain/in-use.ts';
import { compilePolicy, type Policy } from '../../../src/policy/policy.ts';
import type { PolicySpec } from '../../../src/policy/schema.ts';
import { asDigest } from '../../digest.ts';
import type { Digest } from '../../../src/domain/digest.ts';

export const NOW = Date.UTC(2026, 11, 1);
export const NOTHING_IN_USE: InUse = { images: [], problems: [], hosts: {} };

const ALL: Capabilities = {
  deleteTag: true,
  listUntagged: true,
  pushedAt: true,
  createdAt: true,
  pulledAt: true,
  tagTimes: true,
  labels: true,
  annotations: true,
  platforms: true,
  artifactType: true,
  vulnerability: true,
};

export function capabilities(lacking: Partial<Capabilities> = {}): Capabilities {
  return { ...ALL, ...lacking };
}

/** A recognisable digest: `aa` is sha256:aaaa…. */
export function digest(alias: string): Digest {
  return asDigest(`sha256:${alias.repeat(64).slice(0, 64)}`);
}

/** A tag that attaches to the manifest of that alias: `.sig`, `.att`, `.sbom`, or none for the fallback tag. */
export function attachmentTag(alias: string, suffix = ''): string {
  return `${digest(alias).replace(':', '-')}${suffix}`;
}

interface Parts extends Partial<Omit<Manifest, 'digest' | 'children' | 'subject' | 'config'>> {
  readonly children?: readonly string[];
  readonly subject?: string;
  readonly config?: string;
}

/** A manifest, others named by their aliases. With children it is an index. */
export function manifest(alias: string, { children = [], subject, config, ...parts }: Parts = {}): Manifest {
  return {
    digest: digest(alias),
    mediaType: children.length > 0 ? OCI_INDEX : OCI_MANIFEST,
    size: 100,
    tags: [],
    children: children.map(digest),
    ...(subject !== undefined && { subject: digest(subject) }),
    ...(config !== undefined && { config: digest(config) }),
    ...parts,
  };
}

export function repository(manifests: readonly Manifest[], parts: Partial<RepositoryInventory> = {}): RepositoryInventory {
  return { registry: 'prod', type: 'oci', repository: 'team/app', complete: true, capabilities: capabilities(), manifests, ...parts };
}

export function policy(spec: Partial<PolicySpec> = {}): Policy {
  return compilePolicy(
    { name: 'nightly', rules: [{ name: 'all', tags: ['**'], keep: 'none' }], keepAtLeast: 0, ...spec },
    { source: 'policy.yaml', digest: digest('f') },
  );
}

/** So many days before now, ISO 8601. */
export function daysAgo(days: number): string {
  return new Date(NOW - days * 86_400_000).toISOString();
}
