import { describe, expect, test } from 'vitest';
import type { Manifest } from '../../../src/domain/inventory.ts';
import type { RuleSpec } from '../../../src/policy/schema.ts';
import type { Candidate } from '../../../src/policy/selectors/candidate.ts';
import { hasSbom } from '../../../src/policy/selectors/sbom.ts';
import { compileSelectors } from '../../../src/policy/selectors/selectors.ts';
import { compileValues } from '../../../src/policy/selectors/values.ts';
import { asDigest } from '../../digest.ts';

const bare: Manifest = {
  digest: asDigest(`sha256:${'a'.repeat(64)}`),
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  size: 1000,
  tags: [],
  children: [],
};

const NOW = Date.UTC(2026, 11, 1);

function selects(selectors: Partial<RuleSpec>, manifest: Partial<Manifest>, signed?: boolean): boolean | undefined {
  return compileSelectors({ name: 'rule', keep: 'none', ...selectors })(candidate(manifest, { signed }), NOW);
}

function candidate(manifest: Partial<Manifest>, around: Partial<Candidate> = {}): Candidate {
  return { manifest: { ...bare, ...manifest }, signed: undefined, children: [], attachments: [], ...around };
}

const FIXABLE = { vulnerabilities: { atLeast: 'high', fixable: true } } as const;
/** Thirty days before the instant of these tests is the first of November. */
const OLD = { vulnerabilities: { atLeast: 'high', olderThan: '30d' } } as const;

const ROWS: readonly (readonly [selectors: Partial<RuleSpec>, manifest: Partial<Manifest>, selected: boolean])[] = [
  [{}, {}, true],
  [{ labels: { a: '1' } }, { labels: { a: '1', b: '2' } }, true],
  [{ labels: { a: '1', b: '2' } }, { labels: { a: '1' } }, false],
  [{ labels: { a: '1' } }, { labels: { a: '2' } }, false],
  [{ labels: { a: '1' } }, {}, false],
  [{ labels: { constructor: '1' } }, { labels: {} }, false],
  [{ annotations: { a: '1' } }, { annotations: { a: '1' } }, true],
  [{ annotations: { a: '1' } }, { labels: { a: '1' } }, false],
  [{ mediaTypes: ['application/vnd.oci.*'] }, {}, true],
  [{ mediaTypes: ['application/vnd.docker.*'] }, {}, false],
  [{ artifactTypes: ['application/spdx+json', 'x/y'] }, { artifactType: 'application/spdx+json' }, true],
  [{ artifactTypes: ['**'] }, {}, false],
  [{ platforms: ['linux/*'] }, { platforms: ['windows/amd64', 'linux/arm64'] }, true],
  [{ platforms: ['linux/*'] }, { platforms: ['linux/arm/v7'] }, false],
  [{ platforms: ['linux/**'] }, { platforms: ['linux/arm/v7'] }, true],
  [{ platforms: ['**'] }, {}, false],
  [{ largerThan: 999 }, {}, true],
  [{ largerThan: 1000 }, {}, false],
  [{ largerThan: '1KB' }, { size: 1001 }, true],
  [{ largerThan: '1KiB' }, { size: 1001 }, false],
  [{ vulnerabilities: { atLeast: 'high' } }, { vulnerability: 'critical' }, true],
  [{ vulnerabilities: { atLeast: 'high' } }, { vulnerability: 'high' }, true],
  [{ vulnerabilities: { atLeast: 'high' } }, { vulnerability: 'medium' }, false],
  [{ vulnerabilities: { atLeast: 'none' } }, { vulnerability: 'none' }, true],
  [{ vulnerabilities: { atLeast: 'none' } }, {}, false],
  [{ vulnerabilities: { atLeast: 'high' } }, { findings: [{ severity: 'high', count: 1 }] }, true],
  [{ vulnerabilities: { atLeast: 'high' } }, { findings: [] }, false],
  [{ vulnerabilities: { atLeast: 'none' } }, { findings: [] }, true],
  // What is asked besides must be told of one and the same finding.
  [FIXABLE, { vulnerability: 'critical' }, false],
  [FIXABLE, { findings: [{ severity: 'critical', count: 1 }] }, false],
  [FIXABLE, { findings: [{ severity: 'critical', count: 1, fixable: false }] }, false],
  [FIXABLE, { findings: [{ severity: 'critical', count: 1, fixable: true }] }, true],
  [
    FIXABLE,
    {
      findings: [
        { severity: 'critical', count: 1, fixable: false },
        { severity: 'low', count: 1, fixable: true },
      ],
    },
    false,
  ],
  [OLD, { findings: [{ severity: 'critical', count: 1 }] }, false],
  [OLD, { findings: [{ severity: 'critical', count: 1, since: '2026-11-01T00:00:00Z' }] }, false],
  [OLD, { findings: [{ severity: 'critical', count: 1, since: '2026-10-31T23:59:59Z' }] }, true],
  [OLD, { findings: [{ severity: 'critical', count: 1, since: '1999-01-01T00:00:00Z' }] }, false],
  [OLD, { findings: [{ severity: 'critical', count: 1, since: 'yesterday' }] }, false],
  [{ unscanned: true }, {}, true],
  [{ unscanned: true }, { vulnerability: 'none' }, false],
  [{ unscanned: true }, { findings: [] }, false],
  [{ unscanned: true }, { scan: 'pending' }, false],
  [{ unscanned: true }, { scan: 'failed' }, false],
  [{ unscanned: true }, { scan: 'unsupported' }, false],
  [{ unscanned: true }, { artifactType: 'application/vnd.cncf.helm.config.v1+json' }, false],
  [{ labels: { a: '1' }, largerThan: 1 }, { labels: { a: '1' } }, true],
  [{ labels: { a: '1' }, largerThan: 1000 }, { labels: { a: '1' } }, false],
];

describe('all selectors of a rule must hold, and what is not known does not', () => {
  test.each(ROWS)('%j selects %j: %s', (selectors, manifest, selected) => {
    expect(selects(selectors, manifest)).toBe(selected);
  });
});

test.each([
  [true, true, true],
  [true, false, false],
  [false, true, false],
  [false, false, true],
])('signed: %s of an image that is signed: %s selects: %s', (asked, is, selected) => {
  expect(selects({ signed: asked }, {}, is)).toBe(selected);
});

describe('the values of labels and annotations are globs', () => {
  test.each<[wanted: Record<string, string>, present: Record<string, string> | undefined, matches: boolean]>([
    [{ keep: 'true' }, { keep: 'true' }, true],
    [{ keep: 'true' }, { keep: 'truely' }, false],
    [{ expires: '*' }, { expires: '3w' }, true],
    // On its own, "*" asks for the name alone: a URL, a text of several lines and nothing at all are values too.
    [{ source: '*' }, { source: 'https://git.example.com/team/app' }, true],
    [{ note: '*' }, { note: 'one\ntwo/three' }, true],
    [{ note: '*' }, { note: '' }, true],
    [{ source: '*' }, { other: 'x' }, false],
    [{ source: '*' }, undefined, false],
    [{ source: 'https://git.example.com/team/*' }, { source: 'https://git.example.com/team/app' }, true],
    [{ source: 'https://git.example.com/*' }, { source: 'https://git.example.com/team/app' }, false],
    [{ stage: '{dev,test}' }, { stage: 'test' }, true],
    [{ stage: '{dev,test}' }, { stage: 'prod' }, false],
    [{ stage: '\\*' }, { stage: '*' }, true],
    [{ stage: '\\*' }, { stage: 'dev' }, false],
    [{ a: '1', b: '*' }, { a: '1' }, false],
    [{ a: '1', b: '*' }, { a: '1', b: '2' }, true],
  ])('%j of %j: %s', (wanted, present, matches) => {
    expect(compileValues(wanted)(present)).toBe(matches);
  });
});

test('a label is an own property, not one that every object has', () => {
  expect(compileValues({ toString: '*' })({})).toBe(false);
  expect(compileValues({ constructor: '*' })({ a: 'b' })).toBe(false);
  expect(compileValues({ ['__proto__']: 'x' })({ __proto__: 'x' } as never)).toBe(false);
});

describe('an index', () => {
  const scanned = candidate({ findings: [{ severity: 'critical', count: 1 }] });

  test.each<[selector: Partial<RuleSpec>, parts: readonly Candidate[], selected: boolean]>([
    [{ vulnerabilities: { atLeast: 'high' } }, [candidate({}), scanned], true],
    [{ vulnerabilities: { atLeast: 'high' } }, [candidate({}, { children: [scanned] })], true],
    [{ vulnerabilities: { atLeast: 'high' } }, [candidate({})], false],
    [{ unscanned: true }, [candidate({}), scanned], false],
    [{ unscanned: true }, [candidate({})], true],
  ])('%j by what it lists: %#', (selector, children, selected) => {
    expect(compileSelectors({ name: 'rule', keep: 'none', ...selector })(candidate({}, { children }), NOW)).toBe(selected);
  });
});

test.each([
  [true, false],
  [false, true],
  [undefined, undefined],
])('unsigned of an image that is signed (%s): %s', (is, selected) => {
  expect(selects({ unsigned: true }, {}, is)).toBe(selected);
});

describe('an SBOM', () => {
  const HEX = 'a'.repeat(64);
  const SPDX = 'https://spdx.dev/Document/v2.3';
  const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

  test.each<[what: string, attached: Partial<Manifest>, has: boolean | undefined]>([
    ['under the tag of cosign', { tags: [`sha256-${HEX}.sbom`] }, true],
    ['of SPDX', { artifactType: 'application/spdx+json' }, true],
    ['of CycloneDX', { artifactType: 'application/vnd.cyclonedx+json' }, true],
    ['of Harbor', { artifactType: 'application/vnd.goharbor.harbor.sbom.v1' }, true],
    ['as a statement that says so', { artifactType: 'application/vnd.in-toto+json', predicates: [SPDX] }, true],
    ['as a bundle whose annotation says so', { artifactType: BUNDLE, annotations: { 'dev.sigstore.bundle.predicateType': SPDX } }, true],
    ['as an attestation of cosign that says so', { tags: [`sha256-${HEX}.att`], predicates: ['https://cyclonedx.org/bom'] }, true],
    ['and no provenance', { artifactType: BUNDLE, predicates: ['https://slsa.dev/provenance/v1'] }, false],
    ['and no signature', { tags: [`sha256-${HEX}.sig`] }, false],
    ['and no document of another kind', { artifactType: 'application/vnd.acme.manual' }, false],
    ['perhaps, in a statement that does not tell', { artifactType: 'application/vnd.in-toto+json' }, undefined],
    ['perhaps, in an attestation of cosign', { tags: [`sha256-${HEX}.att`] }, undefined],
    ['perhaps, in what tells nothing of itself', {}, undefined],
  ])('%s', (_what, attached, has) => {
    const attachment = candidate({ digest: asDigest(`sha256:${'b'.repeat(64)}`), ...attached });
    const image = candidate({}, { attachments: [attachment] });
    expect(hasSbom(image)).toBe(has);
    expect(hasSbom(candidate({ digest: asDigest(`sha256:${'c'.repeat(64)}`) }, { children: [image] }))).toBe(has);
    expect(compileSelectors({ name: 'rule', keep: 'none', noSbom: true })(image, NOW)).toBe(has === false);
  });

  test.each<[part: Partial<Manifest>, has: boolean | undefined]>([
    [{ attestation: true, predicates: ['https://slsa.dev/provenance/v0.2', SPDX] }, true],
    [{ attestation: true, predicates: ['https://slsa.dev/provenance/v0.2'] }, false],
    [{ attestation: true }, undefined],
    [{}, false],
  ])('of BuildKit, beside the images of an index: %j', (part, has) => {
    expect(hasSbom(candidate({}, { children: [candidate({}), candidate(part)] }))).toBe(has);
  });
});
