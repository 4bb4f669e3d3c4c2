import { describe, expect, test } from 'vitest';
import { nameText, splitName } from '../../../src/domain/image-name.ts';
import { aliasesOf, otherNames } from '../../../src/registry/image-names.ts';

/** What else an image is called, sorted. */
function aliases(text: string): string[] {
  return aliasesOf(splitName(text)!).map(nameText).toSorted();
}

describe("Google's names of one repository", () => {
  test.for([
    ['gcr.io/p/app', 'us-docker.pkg.dev/p/gcr.io/app'],
    ['us.gcr.io/p/team/app', 'us-docker.pkg.dev/p/us.gcr.io/team/app'],
    ['eu.gcr.io/p/app', 'europe-docker.pkg.dev/p/eu.gcr.io/app'],
    ['asia.gcr.io/p/app', 'asia-docker.pkg.dev/p/asia.gcr.io/app'],
    // The project of a domain.
    ['gcr.io/example.com/p/app', 'us-docker.pkg.dev/example.com/p/gcr.io/app'],
    // The beginning of a name, and a glob.
    ['gcr.io/p', 'us-docker.pkg.dev/p/gcr.io'],
    ['gcr.io/p/**', 'us-docker.pkg.dev/p/gcr.io/**'],
  ] as const)('%s is %s, and the other way round', ([one, other]) => {
    expect(aliases(one)).toEqual([other]);
    expect(aliases(other)).toEqual([one]);
  });

  test.for([
    'us-docker.pkg.dev/p/images/app',
    // A repository of that name elsewhere is not what gcr.io serves.
    'europe-west1-docker.pkg.dev/p/gcr.io/app',
    'europe-docker.pkg.dev/p/gcr.io/app',
    'us-docker.pkg.dev/p/us-docker.pkg.dev/app',
    'us-docker.pkg.dev/p',
  ])('%s has one name', (text) => {
    expect(aliases(text)).toEqual([]);
  });
});

test.for([
  [
    '123456789012.dkr.ecr.eu-central-1.amazonaws.com',
    '123456789012.dkr.ecr-fips.eu-central-1.amazonaws.com',
    '123456789012.dkr-ecr.eu-central-1.on.aws',
    '123456789012.dkr-ecr-fips.eu-central-1.on.aws',
  ],
  [
    '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn',
    '123456789012.dkr.ecr-fips.cn-north-1.amazonaws.com.cn',
    '123456789012.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn',
    '123456789012.dkr-ecr-fips.cn-north-1.on.amazonwebservices.com.cn',
  ],
  ['public.ecr.aws', 'ecr-public.aws.com'],
])('the hosts of one registry of Amazon: %j', (hosts) => {
  for (const host of hosts) {
    const others = hosts.filter((other) => other !== host).map((other) => `${other}/team/app`);
    expect(aliases(`${host}/team/app`)).toEqual(others.toSorted());
  }
});

test.for([
  ['registry.cn-hangzhou.aliyuncs.com', 'registry-vpc.cn-hangzhou.aliyuncs.com', 'registry-internal.cn-hangzhou.aliyuncs.com'],
  ['team-registry.cn-hangzhou.cr.aliyuncs.com', 'team-registry-vpc.cn-hangzhou.cr.aliyuncs.com'],
])('the hosts of one registry of Alibaba Cloud: %j', (hosts) => {
  for (const host of hosts) {
    const others = hosts.filter((other) => other !== host).map((other) => `${other}/team/app`);
    expect(aliases(`${host}/team/app`)).toEqual(others.toSorted());
  }
});

test('another account, another region: another registry', () => {
  expect(aliases('123456789012.dkr.ecr.eu-central-1.amazonaws.com/app').join()).not.toMatch(/210987654321|us-east-1/);
  expect(aliases('123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov/app')).toEqual([]);
});

describe('Docker Hub', () => {
  test('has several hosts, and images without a slash in library/', () => {
    expect(aliases('docker.io/nginx')).toEqual([
      'docker.io/library/nginx',
      'index.docker.io/library/nginx',
      'index.docker.io/nginx',
      'registry-1.docker.io/library/nginx',
      'registry-1.docker.io/nginx',
    ]);
    expect(aliases('registry-1.docker.io/team/app')).toEqual(['docker.io/team/app', 'index.docker.io/team/app']);
    expect(aliases('docker.io/library/team/app')).toEqual(['index.docker.io/library/team/app', 'registry-1.docker.io/library/team/app']);
  });

  test('is no other host', () => {
    expect(aliases('quay.example.com/nginx')).toEqual([]);
  });
});

test('the other names of a repository at a URL', () => {
  expect(otherNames('https://gcr.io', 'p/app')).toEqual(['us-docker.pkg.dev/p/gcr.io/app']);
  // An alias of ECR Public in the URL is a part of the name.
  expect(otherNames('https://public.ecr.aws/a1b2c3d4', 'app')).toEqual(['ecr-public.aws.com/a1b2c3d4/app']);
  expect(otherNames('http://localhost:5000', 'p/app')).toEqual([]);
});
