import { describe, expect, test } from 'vitest';
import type { Manifest } from '../../../src/domain/inventory.ts';
import { wantedScans } from '../../../src/plan/wanted-scans.ts';
import type { RuleSpec } from '../../../src/policy/schema.ts';
import { manifest, NOW, policy, repository } from './fixture.ts';

const rule = (more: Partial<RuleSpec>): RuleSpec => ({ name: `rule ${JSON.stringify(more)}`, tags: ['**'], keep: 'none', ...more });
const BAD = rule({ vulnerabilities: { atLeast: 'high' } });
const FIXABLE = rule({ vulnerabilities: { atLeast: 'high', fixable: true } });
const OLD = rule({ vulnerabilities: { atLeast: 'high', olderThan: '30d' } });
const UNSCANNED = rule({ unscanned: true });

function wanted(rules: readonly RuleSpec[], manifests: readonly Manifest[], areListed: boolean): string[] {
  const digests = wantedScans(repository(manifests), policy({ rules: [...rules] }), NOW, areListed);
  return digests.map((one) => one.slice('sha256:'.length, 'sha256:'.length + 2));
}

describe('the scans that are read one by one', () => {
  test.each<[asks: RuleSpec, told: Partial<Manifest>, listed: boolean, notListed: boolean]>([
    [BAD, {}, false, true],
    [BAD, { vulnerability: 'critical' }, false, false],
    [BAD, { scan: 'pending' }, false, false],
    [UNSCANNED, {}, false, true],
    [UNSCANNED, { vulnerability: 'none' }, false, false],
    [FIXABLE, { vulnerability: 'critical' }, true, true],
    [FIXABLE, { vulnerability: 'low' }, false, false],
    [FIXABLE, { findings: [{ severity: 'critical', count: 2 }] }, true, true],
    [FIXABLE, { findings: [{ severity: 'low', count: 2 }] }, false, false],
    [FIXABLE, { findings: [{ severity: 'critical', count: 2, fixable: false }] }, false, false],
    [OLD, { findings: [{ severity: 'critical', count: 2, fixable: false }] }, true, true],
    [OLD, { findings: [{ severity: 'critical', count: 2, since: '2026-11-01T00:00:00Z' }] }, false, false],
    [BAD, { artifactType: 'application/vnd.cncf.helm.config.v1+json' }, false, false],
    [rule({ tags: ['other'] }), {}, false, false],
  ])('%j of an image that tells %j: %s where the list tells of all scans, else %s', (asks, told, listed, notListed) => {
    const image = manifest('aa', { tags: ['v1'], ...told });
    expect([wanted([asks], [image], true).length > 0, wanted([asks], [image], false).length > 0]).toEqual([listed, notListed]);
  });

  test('are those of the images that the rule selects otherwise, and that no rule above it takes', () => {
    const images = [
      manifest('a1', { tags: ['release-1'] }),
      manifest('a2', { tags: ['build-1'] }),
      manifest('a3', { tags: ['build-2'], size: 9 }),
      manifest('a4', { tags: ['other'] }),
      manifest('a5'),
    ];
    const rules = [rule({ tags: ['release-*'] }), { ...BAD, tags: ['build-*', 'release-*'], largerThan: 10 }];
    expect(wanted(rules, images, false)).toEqual(['a2']);
    expect(wanted([{ name: 'untagged', untagged: true, vulnerabilities: { atLeast: 'high' }, keep: 'none' }], images, false)).toEqual([
      'a5',
    ]);
  });

  test('are those of the images of an index, and not of the index or its attestations', () => {
    const parts = [manifest('aa', { children: ['b1', 'b2'], tags: ['v1'] }), manifest('b1'), manifest('b2', { attestation: true })];
    expect(wanted([BAD], parts, false)).toEqual(['b1']);
  });
});
