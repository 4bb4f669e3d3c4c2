import { describe, expect, it } from 'vitest';
import { attachmentTag, cosignSignature, sbom } from '../../../../src/demo/attachments.ts';
import { artifact, index } from '../../../../src/demo/image.ts';
import type { Digest } from '../../../../src/domain/digest.ts';
import type { ReadSoFar } from '../../../../src/registry/registry.ts';
import { APP, build, connect, connectAs, DAY, failure, fakeQuay } from './quay-fixture.ts';

const READER = { token: 'reads', scopes: ['repo:read'] };
const WRITER = { token: 'writes', scopes: ['repo:write'] };

describe('the inventory of a repository on Quay', () => {
  it('is read without a single pull', async () => {
    const quay = await fakeQuay();
    quay.store.push(APP, index([build('amd'), build('arm')]), ['v1']);
    quay.store.push(APP, build('two'), ['v2']);
    const { complete, manifests } = await connect(quay).inventory(APP);
    expect(complete).toBe(true);
    expect(manifests).toHaveLength(4);
    expect([...quay.store.repository(APP).manifests.values()].map(({ pulls }) => pulls)).toEqual([0, 0, 0, 0]);
    expect(quay.requests.filter(({ path }) => /^\/v2\/.*\/(?:manifests|tags)\//.test(path))).toEqual([]);
  });

  it('has no tag that was deleted, and one that ends by itself some time, which is said', async () => {
    const quay = await fakeQuay();
    for (const tag of ['deleted', 'ending', 'stays']) quay.store.push(APP, build(tag), [tag]);
    quay.store.deleteTag(quay.store.repository(APP), 'deleted');
    quay.store.tag(quay.store.repository(APP), 'ending')!.end = Date.UTC(2099, 0, 1);
    const { manifests, notes } = await connect(quay).inventory(APP);
    expect(manifests.flatMap(({ tags }) => tags).toSorted()).toEqual(['ending', 'stays']);
    expect(notes).toEqual(['Quay itself deletes the tag prod/team/app:ending at 2099-01-01T00:00:00.000Z, whatever this plan says.']);
  });

  it.each([
    ['READ_ONLY', 'it is read-only'],
    ['MIRROR', 'it mirrors a repository of another registry'],
    ['SOMETHING_NEW', 'it is in the state "SOMETHING_NEW"'],
  ])('in the state %s is locked as a whole, and says so; nothing is deleted there', async (state, why) => {
    const quay = await fakeQuay();
    quay.store.push(APP, build('one'), ['v1']);
    quay.store.repository(APP).state = state;
    const { manifests, notes } = await connect(quay).inventory(APP);
    expect(manifests).toEqual([expect.objectContaining({ locked: true })]);
    expect(notes).toEqual([`Nothing can be deleted in prod/team/app: ${why}.`]);
    const error = await failure(connect(quay).checkDelete(APP, { tags: false }));
    expect(error).toMatchObject({ code: 'DELETE_DISABLED', message: expect.stringContaining(why) as string });
    expect(quay.requests.filter(({ method }) => method === 'DELETE')).toEqual([]);
  });

  it('tells immutable tags, and no others, as locked', async () => {
    const quay = await fakeQuay();
    quay.store.push(APP, build('one'), ['v1', 'v1.0']);
    quay.store.tag(quay.store.repository(APP), 'v1.0')!.immutable = true;
    const { manifests } = await connect(quay).inventory(APP);
    expect(manifests).toEqual([expect.objectContaining({ tags: ['v1', 'v1.0'], lockedTags: ['v1.0'] })]);
  });

  it('tells for how many days what is deleted can be restored, and where it cannot', async () => {
    const quay = await fakeQuay();
    quay.store.push(APP, build('one'), ['v1']);
    expect(await connect(quay).inventory(APP)).toMatchObject({ recoverableDays: 14 });
    quay.store.organization('team').tagExpirationS = 0;
    const inventory = await connect(quay).inventory(APP);
    expect(inventory).not.toHaveProperty('recoverableDays');
    expect(inventory.capabilities.undo).toBe(false);
  });

  it('tells of the policies by which Quay deletes tags itself', async () => {
    const quay = await fakeQuay();
    quay.store.push(APP, build('one'), ['v1']);
    quay.store
      .repository(APP)
      .policies.push({ uuid: '1', method: 'creation_date', value: '7d', tagPattern: 'pr-.*', tagPatternMatches: true });
    quay.store
      .organization('team')
      .policies.push({ uuid: '2', method: 'number_of_tags', value: 10, tagPattern: null, tagPatternMatches: true });
    expect((await connect(quay).inventory(APP)).notes).toEqual([
      'Quay itself deletes tags by an auto-prune policy of the repository prod/team/app: it keeps tags for 7d, of those that match pr-.*.',
      'Quay itself deletes tags by an auto-prune policy of the organization prod/team: it keeps the newest 10 tags.',
    ]);
  });

  it('says where these policies cannot be read, and is whole all the same', async () => {
    const quay = await fakeQuay({ accounts: [WRITER] });
    quay.store.push(APP, build('one'), ['v1']);
    const { complete, notes } = await connectAs(quay, '$oauthtoken', WRITER.token).inventory(APP);
    const policy = 'Quay itself deletes tags by an auto-prune policy';
    expect(complete).toBe(true);
    expect(notes).toEqual([
      `Whether ${policy} of repositories in prod/team is not known: the token lacks the scope repo:admin.`,
      `Whether ${policy} of the organization prod/team is not known: the token lacks the scope org:admin.`,
    ]);
  });

  it('asks for nothing that is switched off: no pulls, no policies', async () => {
    const quay = await fakeQuay({ pullStatistics: false, autoPrune: false });
    quay.store.push(APP, build('one'), ['v1'], Date.UTC(2025, 5, 1));
    const { capabilities, manifests } = await connect(quay).inventory(APP);
    expect(capabilities.pulledAt).toBe(false);
    expect(manifests).toEqual([expect.not.objectContaining({ pulledAt: expect.anything() as unknown })]);
    expect(quay.requests.filter(({ path }) => /pull_statistics|autoprune/.test(path))).toEqual([]);
  });

  it('knows the pulls of all images, where a rule counts by them, before it asks what may go', async () => {
    const quay = await fakeQuay();
    quay.store.push(APP, build('one'), ['v1'], Date.UTC(2025, 5, 1));
    const known: unknown[] = [];
    const going = ({ manifests }: ReadSoFar): ReadonlySet<Digest> => {
      known.push(...manifests().map(({ pulledAt }) => pulledAt));
      return new Set();
    };
    await connect(quay).inventory(APP, { wants: { signatures: false, pulls: true, configs: () => false, going } });
    expect(known).toEqual([expect.any(String)]);
  });

  it('says of what is attached by digest alone that it stays, does not list it, and takes the image for signed by it', async () => {
    const quay = await fakeQuay();
    const signed = build('signed');
    const described = build('described');
    quay.store.push(APP, signed, ['v1']);
    quay.store.push(APP, described, ['v2']);
    quay.store.push(APP, artifact({ artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json', subject: signed }));
    quay.store.push(APP, sbom(described, '2025-01-01T00:00:00Z'));
    const { manifests, notes } = await connect(quay).inventory(APP);
    expect(Object.fromEntries(manifests.map(({ tags, signed: isSigned }) => [tags[0], isSigned]))).toEqual({ v1: true, v2: undefined });
    expect(notes).toEqual([
      expect.stringMatching(/^Attachments in prod\/team\/app that were pushed by digest alone: 2\. Quay lets nobody delete them/),
    ]);
  });

  it('is not complete where a manifest with a tag cannot be read', async () => {
    const quay = await fakeQuay();
    quay.store.push(APP, build('one'), ['v1']);
    quay.onRequest(({ path }) =>
      path.includes('/manifest/')
        ? { status: 404, headers: { 'content-type': 'application/json' }, body: '{"error_type": "not_found"}' }
        : undefined,
    );
    const { complete, problems } = await connect(quay).inventory(APP);
    expect(complete).toBe(false);
    expect(problems).toEqual(['The tag prod/team/app:v1 is listed, and its manifest cannot be read. Run again.']);
  });

  it('of several pages of tags is read until two lists agree, and is not complete where none do', async () => {
    const quay = await fakeQuay({ autoPrune: false });
    const { store } = quay;
    store.now = () => Date.now() - DAY;
    for (let n = 0; n < 150; n++) store.push(APP, build('same'), [`tag-${n}`]);
    store.now = Date.now;
    let deletions = 1;
    let deleted = 0;
    quay.onRequest(({ path }) => {
      // Between two pages: the first tag of the second page slips onto the first one, which was read.
      if (path.includes('page=2') && deleted < deletions) store.deleteTag(store.repository(APP), `tag-${149 - deleted++}`);
    });
    const steady = await connect(quay).inventory(APP);
    expect(steady.complete).toBe(true);
    expect(steady.manifests[0]!.tags).toHaveLength(149);
    deletions = 100;
    const unsteady = await connect(quay).inventory(APP);
    expect(unsteady).toMatchObject({ complete: false, problems: [expect.stringContaining('they change while they are listed') as string] });
  });

  it('of a list of tags that does not end is an error', async () => {
    const quay = await fakeQuay();
    quay.store.push(APP, build('one'), ['v1']);
    quay.onRequest(({ path }) =>
      path.includes('/tag/?') ? { status: 200, headers: {}, body: JSON.stringify({ tags: [], page: 1, has_additional: true }) } : undefined,
    );
    expect((await connect(quay).inventory(APP)).problems).toEqual([expect.stringContaining('without anything new')]);
    expect((await failure(connect(quay).listTags(APP))).message).toContain('without anything new');
  });
});

describe('the credentials for Quay', () => {
  it.each(['team+robot', '$app'])('are not those of %s, which is said without sending them', async (username) => {
    const quay = await fakeQuay();
    const error = await failure(connectAs(quay, username, 'secret-of-it').inventory(APP));
    expect(error).toMatchObject({ code: 'AUTH', hint: expect.stringContaining('OAuth2 access token') as string });
    expect(error.message).toContain(`"${username}"`);
    expect(error.message).not.toContain('secret-of-it');
    expect(quay.requests).toEqual([]);
  });

  it('are named with the scope that is missing', async () => {
    const quay = await fakeQuay({ accounts: [READER] });
    quay.store.push(APP, build('one'), ['v1']);
    const registry = connectAs(quay, '$oauthtoken', READER.token);
    expect((await registry.inventory(APP)).complete).toBe(true);
    const error = await failure(registry.checkDelete(APP, { tags: false }));
    expect(error).toMatchObject({ code: 'AUTH', hint: expect.stringContaining('repo:write') as string });
  });

  it('make no repository by asking for one that is not there', async () => {
    const quay = await fakeQuay();
    quay.store.organization('team');
    const registry = connect(quay);
    for (const call of [registry.inventory('team/typo'), registry.checkDelete('team/typo', { tags: true }), registry.listTags('team/typo')])
      expect((await failure(call)).code).toBe('NOT_FOUND');
    expect(quay.store.repositories.has('team/typo')).toBe(false);
    expect(quay.requests.filter(({ path }) => path.includes('push'))).toEqual([]);
  });
});

describe('cosign signatures', () => {
  it('that Quay ends with their image are told before, and immutable ones and those of others are not', async () => {
    const quay = await fakeQuay();
    const one = build('one');
    const two = build('two');
    for (const [thing, tag] of [
      [one, 'v1'],
      [two, 'v2'],
      [cosignSignature(one), attachmentTag(one.digest, 'sig')],
      [cosignSignature(two), attachmentTag(two.digest, 'sig')],
    ] as const)
      quay.store.push(APP, thing, [tag]);
    quay.store.tag(quay.store.repository(APP), attachmentTag(two.digest, 'sig'))!.immutable = true;
    const registry = connect(quay);
    expect(await registry.takenAlong!(APP, one.digest)).toEqual([
      { digest: cosignSignature(one).digest, tags: [attachmentTag(one.digest, 'sig')], heldBy: [] },
    ]);
    expect(await registry.takenAlong!(APP, two.digest)).toEqual([]);
  });
});
