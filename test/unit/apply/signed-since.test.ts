import { describe, expect, test } from 'vitest';
import { attachmentTag, cosignSignature, sbom } from '../../../src/demo/attachments.ts';
import { artifact, index, type Pushable } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import type { PolicySpec } from '../../../src/policy/schema.ts';
import type { EmbeddedRegistryOptions } from '../../../src/demo/registry-options.ts';
import { withServer } from '../registry/oci-fixture.ts';
import { apply, contents, planOf, REPOSITORY, single } from './apply-fixture.ts';

const STORE = 'team/signatures';
const POLICY: Partial<PolicySpec> = { signaturesIn: [STORE], protect: [{ signed: true }] };
const [one, two, kept, amd, arm] = ['one', 'two', 'kept', 'amd', 'arm'].map(single) as [Pushable, Pushable, Pushable, Pushable, Pushable];
const multi = index([amd, arm]);
const bundleOf = (subject: Pushable): Pushable => artifact({ artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json', subject });

interface Given {
  readonly spec?: Partial<PolicySpec>;
  readonly options?: EmbeddedRegistryOptions;
  /** Signed in the store before the plan is made. */
  readonly before?: Pushable;
}

/** Makes a plan that deletes three images, has `push` do something to the store, and carries the plan out. Answers the tags that are left. */
async function carriedOut(after: (url: string) => Promise<unknown>, { spec = POLICY, options = {}, before = kept }: Given = {}) {
  const { server, registry } = await withServer(options);
  await push(server, REPOSITORY, one, ['old-1']);
  await push(server, REPOSITORY, two, ['old-2']);
  await push(server, REPOSITORY, multi, ['old-multi']);
  await push(server, REPOSITORY, kept, ['v1']);
  await push(server, STORE, cosignSignature(before), [attachmentTag(before.digest, 'sig')]);
  const plan = await planOf(registry, [REPOSITORY, STORE], spec);
  await after(server.url);
  const report = await apply(plan, registry);
  const { tags, manifests } = contents(server);
  const notDone = report.repositories.flatMap((repository) => repository.notDone.map(({ message }) => message));
  return { left: Object.keys(tags), manifests, notDone };
}

describe('what is signed in another repository after the plan was made', () => {
  test('stays, by the tag of its signature', async () => {
    const { left, notDone } = await carriedOut((url) => push({ url }, STORE, cosignSignature(one), [attachmentTag(one.digest, 'sig')]));
    expect(left).toEqual(['old-1', 'v1']);
    expect(notDone).toEqual([`${one.digest} was signed in ${STORE} after the plan was made`]);
  });

  test('stays, by what refers to it', async () => {
    const { left } = await carriedOut((url) => push({ url }, STORE, bundleOf(two)));
    expect(left).toEqual(['old-2', 'v1']);
  });

  test('stays, by the list under a fallback tag', async () => {
    const list = index([sbom(two, '2025-01-01T00:00:00Z'), bundleOf(two)]);
    const { left } = await carriedOut((url) => push({ url }, STORE, list, [attachmentTag(two.digest)]), {
      options: { referrersApi: false },
    });
    expect(left).toEqual(['old-2', 'v1']);
  });

  test('stays with the index that lists it, and all that this lists', async () => {
    const { left, manifests } = await carriedOut((url) => push({ url }, STORE, cosignSignature(amd), [attachmentTag(amd.digest, 'sig')]));
    expect(left).toEqual(['old-multi', 'v1']);
    for (const { digest } of [multi, amd, arm]) expect(manifests).toHaveProperty(digest);
  });
});

test('what has an SBOM there goes: that is no signature', async () => {
  const { left, notDone } = await carriedOut((url) => push({ url }, STORE, sbom(one, '2025-01-01T00:00:00Z')));
  expect([left, notDone]).toEqual([['v1'], []]);
});

test('what was signed there before goes where the policy says so', async () => {
  const spec: Partial<PolicySpec> = { signaturesIn: [STORE], rules: [{ name: 'signed', tags: ['old-*'], signed: true, keep: 'none' }] };
  const { left, notDone } = await carriedOut(async () => {}, { spec, before: one });
  expect([left, notDone]).toEqual([['old-2', 'old-multi', 'v1'], []]);
});

describe('what is signed in its own repository after the plan was made', () => {
  const spec: Partial<PolicySpec> = { protect: [{ signed: true }] };

  test.each<[string, Pushable, string[]]>([
    ['the tag of its signature', cosignSignature(amd), [attachmentTag(amd.digest, 'sig')]],
    ['what refers to it', bundleOf(amd), []],
  ])('stays with the index that lists it, by %s', async (_, signature, tags) => {
    const { left, manifests } = await carriedOut((url) => push({ url }, REPOSITORY, signature, tags), { spec });
    expect(left.filter((tag) => !tags.includes(tag))).toEqual(['old-multi', 'v1']);
    for (const { digest } of [multi, amd, arm, signature]) expect(manifests).toHaveProperty(digest);
  });
});
