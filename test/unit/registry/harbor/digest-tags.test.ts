import { describe, expect, it, test } from 'vitest';
import type { Reply, Seen } from '../../../fakes/shared/messages.ts';
import type { FakeHarbor } from '../../../fakes/harbor/fake-harbor.ts';
import { asDigest } from '../../../digest.ts';
import { apply, planOf } from '../../apply/apply-fixture.ts';
import { asked, withHarbor } from './harbor-fixture.ts';

const REPOSITORY = 'team/app';
const OPTIONS = { grace: '0s', keepAtLeast: 0 };

/** A repository of images that each have one tag, `old-0` and so on, besides one that stays. */
async function withImages(count: number) {
  const { harbor, registry } = await withHarbor();
  const add = (tag: string, number: number) => harbor.store.addPlainImage(REPOSITORY, tag, [tag], Date.UTC(2025, 0, 1) + number);
  const digests = Array.from({ length: count }, (_, number) => asDigest(add(`old-${number}`, number).digest));
  add('keep', count);
  const tagsOf = () => Promise.all(digests.map((digest) => registry.tagsOf!(REPOSITORY, digest)));
  return { harbor, registry, digests, tagsOf };
}

/** True of a request for the artifacts of some digests. */
const isList = ({ path }: Pick<Seen, 'path'>): boolean => path.includes('q=digest%3D%7B');
const lists = (harbor: FakeHarbor): number => harbor.requests.filter(isList).length;
const ownLists = (harbor: FakeHarbor): string[] => asked(harbor).filter((line) => /\/artifacts\/sha256:\w+\/tags\?/.test(line));

describe('the tags on several digests', () => {
  it('come from one list where they are asked for at the same time', async () => {
    const { harbor, tagsOf } = await withImages(3);
    expect(await tagsOf()).toEqual([['old-0'], ['old-1'], ['old-2']]);
    expect([lists(harbor), ownLists(harbor)]).toEqual([1, []]);
  });

  it('come from the own list of an artifact that the list shows without tags, as one whose tags Harbor could not read', async () => {
    const { harbor, digests, tagsOf } = await withImages(3);
    harbor.onRequest((request) => {
      if (!isList(request)) return undefined;
      const shown = harbor.store.artifactsIn(REPOSITORY).filter(({ digest }) => digests.includes(asDigest(digest)));
      const body = shown.map(({ id, digest, manifestType }) => ({
        digest,
        manifest_media_type: manifestType,
        tags: digest === digests[1] ? null : harbor.store.tagsOn(id).map(({ name }) => ({ name })),
      }));
      return { status: 200, headers: { 'x-total-count': '3' }, body: JSON.stringify(body) };
    });
    expect(await tagsOf()).toEqual([['old-0'], ['old-1'], ['old-2']]);
    expect(ownLists(harbor)).toEqual([expect.stringContaining(`/artifacts/${digests[1]}/tags?`)]);
  });

  const lost: readonly (readonly [string, (request: Seen) => Reply | undefined])[] = [
    ['is refused', () => ({ status: 400, body: '{"errors":[{"code":"BAD_REQUEST","message":"no such query"}]}' })],
    ['is empty', () => ({ status: 200, headers: { 'x-total-count': '0' }, body: '[]' })],
    ['is another page', () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: '<html></html>' })],
    ['holds what was not asked for', (request) => void Object.assign(request, { path: request.path.replace(/q=[^&]*&/, '') })],
  ];
  it.each(lost)('come from their own lists where the common list %s', async (_, answer) => {
    const { harbor, tagsOf } = await withImages(3);
    harbor.onRequest((request) => (isList(request) ? answer(request) : undefined));
    expect(await tagsOf()).toEqual([['old-0'], ['old-1'], ['old-2']]);
    expect(ownLists(harbor)).toHaveLength(3);
  });
});

test('a deletion takes at most 3.5 requests, with those that a run takes once', async () => {
  const { harbor, registry } = await withImages(50);
  const plan = await planOf(registry, [REPOSITORY], OPTIONS);
  harbor.requests.length = 0;

  const report = await apply(plan, registry, { concurrency: 8 });

  expect(report).toMatchObject({ outcome: 'done', counts: { deleted: 50 } });
  expect(harbor.requests.length / 50).toBeLessThanOrEqual(3.5);
});

test('a tag that is set right before the list is read keeps its image', async () => {
  const { harbor, registry, digests } = await withImages(5);
  const plan = await planOf(registry, [REPOSITORY], OPTIONS);
  harbor.onRequest((request) => {
    if (isList(request)) harbor.store.setTag(harbor.store.artifact(REPOSITORY, digests[3]!), 'late');
  });

  const report = await apply(plan, registry, { concurrency: 16 });

  expect(report.counts).toMatchObject({ deleted: 4, drifted: 1 });
  expect(harbor.store.tagsOn(harbor.store.artifact(REPOSITORY, digests[3]!).id).map(({ name }) => name)).toEqual(['old-3', 'late']);
});
