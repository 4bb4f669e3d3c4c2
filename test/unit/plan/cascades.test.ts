import { describe, expect, it } from 'vitest';
import type { Manifest, RepositoryInventory } from '../../../src/domain/inventory.ts';
import { planRepository } from '../../../src/plan/plan-repository.ts';
import { compilePolicy } from '../../../src/policy/policy.ts';
import type { PolicySpec } from '../../../src/policy/schema.ts';
import { harborCapabilities } from '../../../src/registry/harbor/inventory.ts';
import { asDigest } from '../../digest.ts';
import type { Digest } from '../../../src/domain/digest.ts';

const NOW = Date.UTC(2026, 0, 1);
const digest = (letter: string): Digest => asDigest(`sha256:${letter.repeat(64)}`);

function manifest(letter: string, parts: Partial<Manifest> = {}): Manifest {
  const mediaType = parts.children ? 'application/vnd.oci.image.index.v1+json' : 'application/vnd.oci.image.manifest.v1+json';
  return { digest: digest(letter), mediaType, size: 1, tags: [], children: [], pushedAt: '2025-01-01T00:00:00.000Z', ...parts };
}

/** What becomes of each manifest, by its letter, when every `old` tag expires. */
function decided(manifests: readonly Manifest[], changes: Partial<PolicySpec> = {}, cascades = true): Record<string, string> {
  const inventory: RepositoryInventory = {
    registry: 'prod',
    type: 'harbor',
    repository: 'team/app',
    complete: true,
    capabilities: { ...harborCapabilities([]), cascades },
    manifests,
  };
  const spec: PolicySpec = { name: 'old', keepAtLeast: 0, rules: [{ name: 'old', tags: ['old*'], keep: 'none' }], ...changes };
  const policy = compilePolicy(spec, { source: 'test', digest: digest('0') });
  const { plan } = planRepository(inventory, [policy], { images: [], problems: [], hosts: {} }, NOW);
  return Object.fromEntries(
    plan.images.map((image) => [
      image.digest[7],
      `${image.action} ${image.reasons.map(({ code, by }) => `${code}${by?.startsWith('sha256:') ? ` ${by[7]}` : ''}`).join(', ')}`,
    ]),
  );
}

describe('on a registry that deletes the untagged children of an index along with it', () => {
  const index = manifest('a', { tags: ['old'], children: [digest('b'), digest('c')] });

  /** What needs a child without protecting it: a bill of materials with a tag of its own. */
  const bill = manifest('e', { subject: digest('b'), tags: ['bill'] });

  it('an index stays while a child of it is to stay', () => {
    const manifests = [index, manifest('b'), manifest('c'), bill];
    expect(decided(manifests)).toEqual({
      a: 'keep locked b, locked',
      b: 'keep child_of_kept a',
      c: 'keep child_of_kept a',
      e: 'keep no_rule',
    });
    expect(decided(manifests, {}, false)).toMatchObject({ a: 'delete expired', b: 'keep subject_of_kept e' });
  });

  it('and so do the indexes above it', () => {
    const above = manifest('d', { tags: ['old-2'], children: [digest('a')] });
    const manifests = [above, manifest('a', { children: [digest('b')] }), manifest('b'), bill];
    expect(decided(manifests)).toMatchObject({ d: 'keep locked a, locked', a: 'keep locked b' });
  });

  it('a child with a tag of its own stays without its index', () => {
    expect(decided([index, manifest('b', { tags: ['v1'] }), manifest('c')])).toEqual({
      a: 'delete expired',
      b: 'keep no_rule',
      c: 'delete deleted_with_parent a',
    });
  });

  it('a child that another index holds stays without the one', () => {
    expect(decided([index, manifest('b'), manifest('c'), manifest('d', { tags: ['v1'], children: [digest('b')] })])).toMatchObject({
      a: 'delete expired',
      b: 'keep child_of_kept d',
      c: 'delete deleted_with_parent a',
    });
  });
});
