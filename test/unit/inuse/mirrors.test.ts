import { describe, expect, test } from 'vitest';
import type { InUseImage } from '../../../src/domain/in-use.ts';
import { readMirrors } from '../../../src/inuse/mirrors.ts';
import { type Aliases, withOtherNames } from '../../../src/inuse/other-names.ts';
import { parseImage } from '../../../src/inuse/parse-image.ts';
import { aliasesOf } from '../../../src/registry/image-names.ts';

const HOSTS = { prod: ['registry.example.com'], 'eu.example.com': ['eu.example.com'] };
const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

/** What an image is taken for beside itself, as `host/repository:tag`. */
function readings(mirrors: Readonly<Record<string, string | readonly string[]>>, text: string, aliases: Aliases = () => []): string[] {
  const used: InUseImage = { image: parseImage(text) as InUseImage['image'], source: 'pod a' };
  const [first, ...others] = withOtherNames([used], aliases, readMirrors(mirrors, HOSTS));
  expect(first).toBe(used);
  expect(others.every(({ source }) => source === 'pod a')).toBe(true);
  return others.map(({ image }) =>
    'digest' in image ? image.digest : `${image.reference.host}/${image.reference.repository}:${image.reference.tag}`,
  );
}

test.for<[what: string, mirrors: Record<string, string | readonly string[]>, text: string, expected: readonly string[]]>([
  [
    'a host and path for a registry by its name',
    { 'mirror.example.com/hub': 'prod' },
    'mirror.example.com/hub/team/app:v1',
    ['registry.example.com/team/app:v1'],
  ],
  ['a whole host', { 'mirror.example.com:5000': 'prod' }, 'mirror.example.com:5000/team/app', ['registry.example.com/team/app:latest']],
  [
    'for a host and path',
    { 'mirror.example.com': 'other.example.com/proxy/hub' },
    'mirror.example.com/app:v1',
    ['other.example.com/proxy/hub/app:v1'],
  ],
  [
    'a single repository',
    { 'mirror.example.com/app': 'registry.example.com/team/app' },
    'mirror.example.com/app:v1',
    ['registry.example.com/team/app:v1'],
  ],
  [
    'a registry that is called by its host',
    { 'mirror.example.com': 'eu.example.com' },
    'mirror.example.com/app:v1',
    ['eu.example.com/app:v1'],
  ],
  [
    'one that stands for several, as virtual repositories do',
    { 'mirror.example.com/all': ['prod', 'other.example.com/team'] },
    'mirror.example.com/all/app:v1',
    ['registry.example.com/app:v1', 'other.example.com/team/app:v1'],
  ],
  ['not what only begins alike', { 'mirror.example.com/hub': 'prod' }, 'mirror.example.com/hubs/app:v1', []],
  ['not another host', { 'mirror.example.com': 'prod' }, 'mirror.example.com:5000/app:v1', []],
  [
    'every mirror that it is under',
    { 'mirror.example.com': 'prod', 'mirror.example.com/hub': 'eu.example.com' },
    'mirror.example.com/hub/app:v1',
    ['registry.example.com/hub/app:v1', 'eu.example.com/app:v1'],
  ],
  ['nothing is left of the name', { 'mirror.example.com/hub': 'prod' }, 'mirror.example.com/hub:v1', []],
  ['a digest needs no name', { 'mirror.example.com': 'prod' }, DIGEST, []],
  ['nor has one with a digest', { 'mirror.example.com': 'prod' }, `mirror.example.com/app:v1@${DIGEST}`, []],
])('%s', ([, mirrors, text, expected]) => {
  expect(readings(mirrors, text)).toEqual(expected);
});

describe('Docker Hub', () => {
  test.for(['docker.io', 'index.docker.io', 'registry-1.docker.io'])('by its name %s in the config', (hub) => {
    for (const host of ['', 'docker.io/', 'index.docker.io/', 'registry-1.docker.io/'])
      expect(readings({ [hub]: 'prod' }, `${host}team/app:v1`), host).toEqual(['registry.example.com/team/app:v1']);
  });

  test.for(['nginx', 'library/nginx', 'docker.io/nginx', 'docker.io/library/nginx'])('%s is in library/', (text) => {
    expect(readings({ 'docker.io': 'prod' }, text)).toEqual(['registry.example.com/library/nginx:latest']);
    expect(readings({ 'docker.io/library': 'registry.example.com/base' }, text)).toEqual(['registry.example.com/base/nginx:latest']);
  });

  test('is not meant by another host', () => {
    expect(readings({ 'docker.io': 'prod' }, 'quay.example.com/team/app:v1')).toEqual([]);
  });
});

describe('together with other names', () => {
  const ECR = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';
  const FIPS = '123456789012.dkr.ecr-fips.eu-central-1.amazonaws.com';

  test.for<[what: string, mirrors: Record<string, string | readonly string[]>, text: string, expected: string]>([
    ['a mirror in gcr.io, run from pkg.dev', { 'gcr.io/p': 'prod' }, 'us-docker.pkg.dev/p/gcr.io/app:v1', 'registry.example.com/app:v1'],
    ['a mirror at one host of ECR, run from another', { [`${FIPS}/hub`]: 'prod' }, `${ECR}/hub/app:v1`, 'registry.example.com/app:v1'],
    ['a mirror of gcr.io', { 'mirror.example.com': 'gcr.io/p' }, 'mirror.example.com/app:v1', 'us-docker.pkg.dev/p/gcr.io/app:v1'],
    ['a mirror of Docker Hub', { 'mirror.example.com': 'docker.io' }, 'mirror.example.com/nginx:1', 'docker.io/library/nginx:1'],
  ])('%s', ([, mirrors, text, expected]) => {
    expect(readings(mirrors, text, aliasesOf)).toContain(expected);
  });

  test('a mirror of a mirror', () => {
    const mirrors = { 'edge.example.com/e': 'mirror.example.com/hub', 'mirror.example.com/hub': 'prod' };
    expect(readings(mirrors, 'edge.example.com/e/team/app:v1')).toEqual([
      'mirror.example.com/hub/team/app:v1',
      'registry.example.com/team/app:v1',
    ]);
  });

  test('mirrors of each other and of what is below them come to an end', () => {
    const mirrors = { 'a.example.com': 'b.example.com/below', 'b.example.com': 'a.example.com', 'b.example.com/below': 'prod' };
    expect(readings(mirrors, 'a.example.com/app:v1')).toEqual([
      'b.example.com/below/app:v1',
      'a.example.com/below/app:v1',
      'registry.example.com/app:v1',
    ]);
  });
});

test.for<[mirrors: Record<string, string | readonly string[]>, message: string]>([
  [
    { 'mirror.example.com': 'prd' },
    'The config\'s "mirrors" maps mirror.example.com to "prd", which is neither a registry of the config nor a host; did you mean "prod"?',
  ],
  [
    { 'mirror.example.com': 'https://registry.example.com' },
    'The config\'s "mirrors" maps mirror.example.com to "https://registry.example.com", which is neither a registry of the ' +
      'config nor a host.',
  ],
  [
    { 'mirror.example.com': 'registry.example.com/Team' },
    'The config\'s "mirrors" maps mirror.example.com to "registry.example.com/Team", which is neither a registry of the config nor a host.',
  ],
  [
    { 'mirror.example.com': '__proto__' },
    'The config\'s "mirrors" maps mirror.example.com to "__proto__", which is neither a registry of the config nor a host.',
  ],
  // No reference can be under it: the first part of "mirror/hub/app" is no host.
  [{ 'mirror/hub': 'prod' }, 'The config\'s "mirrors" has "mirror/hub", which is neither a host nor a host and a path.'],
])('a mirror that would protect nothing is refused: %j', ([mirrors, message]) => {
  expect(() => readMirrors(mirrors, HOSTS)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', message }));
});
