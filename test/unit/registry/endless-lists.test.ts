import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Credentials } from '../../../src/auth/credentials.ts';
import type { Digest } from '../../../src/domain/digest.ts';
import { DistinctKeys, ListBounds } from '../../../src/distribution/list-bounds.ts';
import { createSend } from '../../../src/registry/acr/create-send.ts';
import { createAcrRegistry } from '../../../src/registry/acr/create-registry.ts';
import { createEcrRegistry } from '../../../src/registry/ecr/create-registry.ts';
import { createGarRegistry } from '../../../src/registry/gar/create-registry.ts';
import type { Registry } from '../../../src/registry/registry.ts';
import { json, type LoopbackServer, type Seen, startServer } from '../http/loopback-server.ts';
import { testClient, testClock } from '../http/test-client.ts';
import { withHarbor } from './harbor/harbor-fixture.ts';
import { failure } from './oci-fixture.ts';
import { asDigest } from '../../digest.ts';
import { everyday } from '../../sweep.ts';

const digest = (text: string): Digest => asDigest(`sha256:${createHash('sha256').update(text).digest('hex')}`);
const LOGIN: Credentials = { username: 'team', password: 'secret-0815' };

/** A server whose lists never end. `answer` makes page after page, from 1. */
async function endless(
  answer: (request: Seen, page: number) => readonly [document: unknown, headers?: Record<string, string>],
): Promise<LoopbackServer> {
  return startServer((request, response, page) => {
    const [document, headers = {}] = answer(request, page);
    json(response, 200, document, headers);
  });
}

async function names(registry: Registry): Promise<string[]> {
  const found: string[] = [];
  for await (const name of registry.repositories()) found.push(name);
  return found;
}

function acr(url: string): Registry {
  const send = createSend({
    http: testClient(),
    name: 'prod',
    url,
    credentials: async () => LOGIN,
    entraToken: () => Promise.reject(new Error('not asked')),
  });
  return createAcrRegistry({ name: 'prod', url, send });
}

function ecr(url: string): Registry {
  const credentials = { accessKeyId: 'AKIAANYBODY', secretAccessKey: 'any-secret-key' };
  return createEcrRegistry({
    name: 'prod',
    url: 'https://123456789012.dkr.ecr.eu-central-1.amazonaws.com',
    endpoint: url,
    http: testClient(),
    credentials,
    clock: testClock(),
  });
}

function gar(url: string): Registry {
  const env = { CLOUDSDK_API_ENDPOINT_OVERRIDES_ARTIFACTREGISTRY: url };
  const credentials = async (): Promise<Credentials> => ({ username: 'oauth2accesstoken', password: 'ya29.any-token' });
  return createGarRegistry({ name: 'prod', url, location: 'europe-west1', http: testClient(), credentials, clock: testClock(), env });
}

const linkTo = (page: number, path: string): Record<string, string> => ({
  link: `<${path.split('?')[0]}?last=${page}&n=1000>; rel="next"`,
});
const acrTag = {
  name: 'v1',
  digest: digest('a'),
  changeableAttributes: { deleteEnabled: true, writeEnabled: true, listEnabled: true, readEnabled: true },
};

describe('a list that has the same on each page, and always another one, is an error', () => {
  const cases: readonly (readonly [
    what: string,
    connect: (url: string) => Registry,
    answer: Parameters<typeof endless>[0],
    read: (registry: Registry) => Promise<unknown>,
    most: number,
  ])[] = [
    ['repositories of ACR', acr, ({ path }, page) => [{ repositories: ['team/app'] }, linkTo(page, path)], names, 110],
    [
      'tags of ACR',
      acr,
      ({ path }, page) => [{ imageName: 'team/app', tags: [acrTag] }, linkTo(page, path)],
      (registry) => registry.listTags('team/app'),
      110,
    ],
    [
      'tags on a digest of ACR, none of which is',
      acr,
      ({ path }, page) => [{ imageName: 'team/app', tags: [acrTag] }, linkTo(page, path)],
      (registry) => registry.tagsOf!('team/app', digest('b')),
      110,
    ],
    [
      'images of ECR',
      ecr,
      (_, page) => [{ imageDetails: [{ imageDigest: digest('a'), imageTags: ['v1'] }], nextToken: `t${page}` }],
      (registry) => registry.listTags('team/app'),
      1100,
    ],
    [
      'tags of GAR',
      gar,
      (_, page) => [{ tags: [tagOfGar('v1')], nextPageToken: `t${page}` }],
      (registry) => registry.listTags('my-project/images/app'),
      1100,
    ],
    ['repositories of ECR', ecr, (_, page) => [{ repositories: [{ repositoryName: 'team/app' }], nextToken: `t${page}` }], names, 1100],
    [
      'empty pages of ECR',
      ecr,
      (_, page) => [{ imageDetails: [], nextToken: `t${page}` }],
      (registry) => registry.listTags('team/app'),
      1100,
    ],
  ];

  // Of ECR, whose pages are the most, one kind of list is enough where there is less time.
  it.each(everyday(5, cases))('%s', async (_, connect, answer, read, most) => {
    const server = await endless(answer);
    expect(await failure(read(connect(server.url)))).toMatchObject({
      code: 'BAD_RESPONSE',
      message: expect.stringContaining('pages in a row without anything new') as string,
    });
    expect(server.requests.length).toBeLessThan(most);
  });

  it('projects of Harbor', async () => {
    const { harbor, registry } = await withHarbor();
    const page = JSON.stringify(Array.from({ length: 100 }, (_, n) => ({ project_id: n, name: `p${n}`, registry_id: 0 })));
    harbor.onRequest(({ path }) =>
      path.includes('/projects?') ? { status: 200, headers: { 'x-total-count': '900000' }, body: page } : undefined,
    );
    expect(await failure(names(registry))).toMatchObject({
      code: 'BAD_RESPONSE',
      message: expect.stringContaining('pages in a row without anything new') as string,
    });
    expect(harbor.requests.length).toBeLessThan(150);
  });
});

describe('a list with a mark for the next page that there was before goes round in a circle', () => {
  it.each<readonly [string, (url: string) => Registry, Parameters<typeof endless>[0], (registry: Registry) => Promise<unknown>]>([
    ['of ECR', ecr, (_, page) => [{ repositories: [{ repositoryName: `team/app-${page}` }], nextToken: `t${page % 2}` }], names],
    [
      'of GAR',
      gar,
      (_, page) => [{ tags: [tagOfGar(`v${page}`)], nextPageToken: `t${page % 2}` }],
      (registry) => registry.listTags('my-project/images/app'),
    ],
  ])('%s', async (_, connect, answer, read) => {
    const server = await endless(answer);
    expect(await failure(read(connect(server.url)))).toMatchObject({
      code: 'BAD_RESPONSE',
      message: expect.stringContaining('do not lead to its end') as string,
    });
    expect(server.requests.length).toBeLessThan(5);
  });
});

describe('a list without an end that has something new on each page', () => {
  it('of Harbor, which tells its length, is not begun', async () => {
    const { harbor, registry } = await withHarbor();
    harbor.onRequest(({ path }) =>
      path.includes('/projects?')
        ? { status: 200, headers: { 'x-total-count': '999999999' }, body: '[{"project_id": 1, "name": "p"}]' }
        : undefined,
    );
    expect(await failure(names(registry))).toMatchObject({ code: 'BAD_RESPONSE', message: expect.stringContaining('999999999') as string });
    expect(harbor.requests.length).toBeLessThan(5);
  });

  it('is an error above a million entries', () => {
    const bounds = new ListBounds('list the tags');
    for (const entries of [1, 500_000, 1_000_000]) bounds.check(entries);
    expect(() => bounds.check(1_000_001)).toThrow('more than 1,000,000 entries');
  });

  it('is an error above 100,000 pages', () => {
    const bounds = new ListBounds('list the tags');
    expect(() => {
      for (let page = 1; page <= 100_000; page++) bounds.check(page);
    }).toThrow('more than 100000 pages');
  });

  it('is counted by what tells its entries apart, of which nothing huge is kept', () => {
    const keys = new DistinctKeys();
    expect(keys.with(['a', 'b', 'a', 1, undefined, 'x'.repeat(1001)])).toBe(2);
    expect(keys.with(['b', 'c'])).toBe(3);
  });
});

function tagOfGar(tag: string): object {
  const image = 'projects/my-project/locations/europe-west1/repositories/images/packages/app';
  return { name: `${image}/tags/${tag}`, version: `${image}/versions/${digest('a')}` };
}
