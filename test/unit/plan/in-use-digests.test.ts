import { describe, expect, test } from 'vitest';
import { parseReference } from '../../../src/domain/reference.ts';
import { inUseDigests } from '../../../src/plan/in-use-digests.ts';
import { digest, manifest, repository } from './fixture.ts';

const HOSTS = { prod: ['registry.example.com', 'mirror.example.com:5000'], staging: ['staging.example.com'] };
const there = repository([manifest('a', { tags: ['v1', 'latest'] }), manifest('b', { tags: ['v2'] })]);

/** The aliases of what a text protects in `prod`'s team/app. */
function used(text: string): string[] {
  const reference = parseReference(text);
  if (!reference) throw new Error(`${text} is no reference`);
  return inUseDigests(there, { images: [{ image: { reference }, source: 'test' }], problems: [], hosts: HOSTS }).map((found) =>
    found.digest.slice(7, 8),
  );
}

describe('a reference by tag', () => {
  test.each([
    ['registry.example.com/team/app:v1', ['a']],
    ['registry.example.com/team/app:v2', ['b']],
    ['registry.example.com/team/app', ['a']],
    ['mirror.example.com:5000/team/app:v2', ['b']],
    // A mirror that nobody has told of, and names without a host.
    ['unknown.example.com/team/app:v2', ['b']],
    ['team/app:v2', ['b']],
    ['prod/team/app:v2', ['b']],
    // A registry may keep its tags in lower case, and take them as they are written.
    ['registry.example.com/team/app:V2', ['b']],
    // Another registry that is known, another repository, another port, a tag that is not there.
    ['staging.example.com/team/app:v2', []],
    ['registry.example.com/team/app2:v2', []],
    ['registry.example.com/app:v2', []],
    ['team/app/web:v2', []],
    ['staging/team/app:v2', []],
    ['registry.example.com/team/app:v3', []],
  ])('%s means %j', (text, aliases) => {
    expect(used(text)).toEqual(aliases);
  });

  test('a host with another port is another host, and belongs to nobody', () => {
    expect(used('registry.example.com:8443/team/app:v2')).toEqual(['b']);
  });
});

describe('a repository with several names', () => {
  const named = repository(there.manifests, {
    url: 'https://registry.example.com/docker/prod',
    names: ['eu.example.org/shop/app', 'eu.example.org/team/app-1'],
  });

  test.each([
    ['eu.example.org/shop/app:v1', true],
    ['eu.example.org/team/app-1:v1', true],
    ['registry.example.com/team/app:v1', true],
    // A runtime may pull below the path of the URL.
    ['registry.example.com/docker/prod/team/app:v1', true],
    // Mirrors of it have its paths.
    ['unknown.example.com/shop/app:v1', true],
    ['shop/app:v1', true],
    ['docker/prod/team/app:v1', true],
    // Another repository at one of its hosts.
    ['eu.example.org/team/app:v1', false],
    ['staging.example.com/shop/app:v1', false],
    ['unknown.example.com/shop/web:v1', false],
  ])('%s is it: %j', (text, isIt) => {
    const image = { reference: parseReference(text)! };
    expect(inUseDigests(named, { images: [{ image, source: 'test' }], problems: [], hosts: HOSTS })).toHaveLength(isIt ? 1 : 0);
  });
});

describe('a digest', () => {
  test.each([`other.example.com/other/name@${digest('b')}`, `staging.example.com/team/app:v1@${digest('b')}`, `x@${digest('b')}`])(
    'counts whatever stands before it: %s',
    (text) => {
      expect(used(text)).toEqual(['b']);
    },
  );

  test('may be of something that is not in the inventory, such as a config', () => {
    expect(used(`team/app@${digest('9')}`)).toEqual(['9']);
    expect(inUseDigests(there, { images: [{ image: { digest: digest('9') }, source: 'pods' }], problems: [], hosts: {} })).toEqual([
      { digest: digest('9'), source: 'pods' },
    ]);
  });
});

test('the name of a registry that is a host counts as its host', () => {
  const byHost = repository(there.manifests, { registry: 'registry.example.com' });
  const reference = parseReference('registry.example.com/team/app:v2');
  const images = [{ image: { reference: reference as NonNullable<typeof reference> }, source: 'test' }];
  expect(inUseDigests(byHost, { images, problems: [], hosts: {} })).toHaveLength(1);
  expect(
    inUseDigests({ ...byHost, registry: 'other.example.com' }, { images, problems: [], hosts: { 'registry.example.com': [] } }),
  ).toEqual([]);
});
