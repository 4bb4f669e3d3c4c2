import { describe, expect, test } from 'vitest';
import type { Manifest } from '../../../src/domain/inventory.ts';
import type { RuleSpec } from '../../../src/policy/schema.ts';
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

function selects(selectors: Partial<RuleSpec>, manifest: Partial<Manifest>, signed?: boolean): boolean | undefined {
  return compileSelectors({ name: 'rule', keep: 'none', ...selectors })({ manifest: { ...bare, ...manifest }, signed });
}

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
