import type { Send } from '../../../src/distribution/client.ts';
import { createPing } from '../../../src/distribution/ping.ts';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { checkFresh, checkRegistries, planDigest, readPlanFile as readPlan } from '../../../src/documents/plan-file.ts';
import { attachmentTag } from '../../../src/demo/attachments.ts';
import { startEmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import { ToolError } from '../../../src/diagnostics/tool-error.ts';
import type { DeleteManifestStep, Plan, PlannedImage, RepositoryPlan } from '../../../src/plan/plan.ts';
import { createRegistryAuth } from '../../../src/auth/create-registry-auth.ts';
import { createHttpClient } from '../../../src/http/create-http-client.ts';
import { createOciRegistry } from '../../../src/registry/oci/create-registry.ts';
import { failure } from '../registry/oci-fixture.ts';
import { type Filled, fillRepository, planOf, temporaryFolder } from './apply-fixture.ts';
import { packLists } from '../../../src/run/pack-lists.ts';
import { asDigest } from '../../digest.ts';
import { SWEEPING } from '../../sweep.ts';

type Loose<T> = T extends string
  ? T
  : T extends readonly (infer Item)[]
    ? Loose<Item>[]
    : T extends object
      ? { -readonly [Key in keyof T]: Loose<T[Key]> }
      : T;
type LoosePlan = Loose<Plan>;

const NO_JSON = 'it is not a JSON document';
const ELSEWHERE = asDigest(`sha256:${'e'.repeat(64)}`);
let plan: Plan;
let filled: Filled;

beforeAll(async () => {
  const server = await startEmbeddedRegistry();
  const http = createHttpClient({ userAgent: 'test/1', env: {} });
  const auth = createRegistryAuth({ http, registry: 'prod', url: server.url, credentials: async () => undefined });
  filled = await fillRepository(server);
  const { url } = server;
  const send: Send = (request, scopes) => auth.send(request, scopes);
  plan = await planOf(createOciRegistry({ name: 'prod', url, send, ping: createPing(http, url), credentials: async () => undefined }));
  await http.close();
  await server.close();
});

function readPlanFile(path: string): Promise<Plan> {
  return readPlan(path, packLists());
}

async function saved(text: string): Promise<string> {
  const file = join(await temporaryFolder(), 'plan.json');
  await writeFile(file, text);
  return file;
}

function caught(check: () => void): ToolError {
  try {
    check();
  } catch (error) {
    if (error instanceof ToolError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a saved plan', () => {
  it('is read back whole', async () => {
    expect(await readPlanFile(await saved(JSON.stringify(plan, null, 2)))).toEqual(plan);
  });

  it('is the same where its lists are put away as they are read', async () => {
    const repositories = [...plan.repositories, ...plan.repositories.map((one) => ({ ...one, repository: 'team/other', steps: [] }))];
    const two = { ...plan, repositories };
    const read = await readPlan(await saved(JSON.stringify(two, null, 2)), packLists(0));
    expect(JSON.stringify(read)).toBe(JSON.stringify(two));
    expect(Object.getOwnPropertyDescriptor(read.repositories[0], 'images')?.get).toBeDefined();
  });

  it.each([
    ['with the name of the list in a text', (text: string) => text.replace(/^\{/, '{"x":"repositories","y":[1,{"repositories":[2]}],')],
    ['with all that is not JSON in a text', (text: string) => text.replace(/^\{/, '{"x":"]}\\\\\\",[{\\u0022\\\\",')],
    ['with spaces', (text: string) => `\n ${text.replaceAll('"repositories":[', '"repositories" : [ ')} \n`],
  ])('%s is read', async (_, written) => {
    expect(await readPlanFile(await saved(written(JSON.stringify(plan))))).toMatchObject({ repositories: plan.repositories });
  });

  it.each([
    ['a second list of repositories', (text: string) => text.replace(/\}$/, ',"repositories":[]}'), NO_JSON],
    [
      'one that is written in another way',
      (text: string) => text.replace(/\}$/, ',"\\u0072epositories":[{}]}'),
      'has two lists of repositories',
    ],
    [
      'a comma behind the last repository',
      (text: string) => text.replace(/\}\],"summary":(?=[^[]*"diagnostics")/, '},],"summary":'),
      NO_JSON,
    ],
    ['nothing between two repositories', (text: string) => text.replace('"repositories":[', '"repositories":[{}'), NO_JSON],
  ])('with %s is refused', async (_, written, says) => {
    expect(await failure(readPlanFile(await saved(written(JSON.stringify(plan)))))).toMatchObject({
      code: 'PLAN_INVALID',
      message: expect.stringContaining(says),
    });
  });

  it('of another kind is told as such, not by its first repository', async () => {
    const inventory = { kind: 'Inventory', formatVersion: '1.0', repositories: [{ registry: 'prod' }] };
    expect((await failure(readPlanFile(await saved(JSON.stringify(inventory))))).message).toContain('kind: expected "Plan"');
  });

  it('of a later 1.x, with fields that are not known here, is read', async () => {
    const later = { ...plan, formatVersion: '1.7', addition: {}, repositories: plan.repositories.map((one) => ({ ...one, addition: 1 })) };
    expect(await readPlanFile(await saved(JSON.stringify(later)))).toMatchObject({ kind: 'Plan' });
  });

  it('with a byte-order mark before it is read', async () => {
    expect(await readPlanFile(await saved(`\uFEFF${JSON.stringify(plan)}`))).toMatchObject({ kind: 'Plan' });
  });

  it('has a digest of its own', () => {
    expect(planDigest(plan)).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(planDigest({ ...plan, applyable: false })).not.toBe(planDigest(plan));
  });

  it('has another digest with any other field, image or step, and in any other order', () => {
    const [first] = plan.repositories;
    const changed = (other: Partial<RepositoryPlan>): Plan => ({ ...plan, repositories: [{ ...(first as RepositoryPlan), ...other }] });
    const { images, steps } = first as RepositoryPlan;
    const plans = [
      changed({}),
      changed({ policy: 'another' }),
      changed({ images: images.slice(1) }),
      changed({ images: images.toReversed() }),
      changed({ steps: steps.slice(1) }),
      changed({ images: [], steps: [] }),
    ];
    expect(images.length).toBeGreaterThan(1);
    expect(steps.length).toBeGreaterThan(0);
    expect(new Set(plans.map(planDigest)).size).toBe(plans.length);
  });

  it('is digested without the text of a whole repository', () => {
    const [first] = plan.repositories;
    const { images } = first as RepositoryPlan;
    const large = { ...(first as RepositoryPlan), images: Array.from({ length: 1000 }, () => images[0] as PlannedImage) };
    const written = vi.spyOn(JSON, 'stringify');
    onTestFinished(() => written.mockRestore());
    planDigest({ ...plan, repositories: [large] });
    const lengths = written.mock.results.map(({ value }) => (value as string).length);
    expect(lengths.length).toBeGreaterThan(1000);
    expect(Math.max(...lengths)).toBeLessThan(10_000);
  });

  it.each([
    ['that is no JSON', '{"kind": "Plan"'],
    ['that is empty', ''],
    ['that is a list', '[]'],
    ['that is null', 'null'],
    ['that is deeply nested', '['.repeat(200_000)],
    ['that is a journal', '{"kind":"Journal","formatVersion":"1.0"}'],
  ])('%s is refused', async (_, text) => {
    expect((await failure(readPlanFile(await saved(text)))).code).toBe('PLAN_INVALID');
  });

  // Half a gigabyte is read for it.
  if (SWEEPING)
    it('that is too large is refused without being read whole', async () => {
      const file = await saved('{"kind":"');
      await truncate(file, 600 * 1024 * 1024);
      expect(await failure(readPlanFile(file))).toMatchObject({ code: 'PLAN_INVALID', message: expect.stringContaining('larger than') });
    });

  it('that is not there is another error', async () => {
    expect(await failure(readPlanFile(join(await temporaryFolder(), 'none')))).toMatchObject({
      code: 'FILE',
      exitCode: 3,
      message: expect.stringMatching(/none: the plan cannot be read: there is no such file\.$/),
    });
  });
});

function repository(loose: LoosePlan): Loose<RepositoryPlan> {
  return loose.repositories[0]!;
}

function image(loose: LoosePlan, digest: string): Loose<PlannedImage> {
  return repository(loose).images.find((one) => one.digest === digest)!;
}

function step(loose: LoosePlan, digest: string): Loose<DeleteManifestStep> {
  return repository(loose).steps.find((one) => one.op === 'delete-manifest' && one.digest === digest) as Loose<DeleteManifestStep>;
}

function tagStep(loose: LoosePlan): { tag: string; digest: string } {
  return repository(loose).steps[0] as { tag: string; digest: string };
}

const TAMPERED: [what: string, spoil: (loose: LoosePlan) => unknown, says: string | RegExp][] = [
  ['no diagnostics', (loose) => void delete (loose as { diagnostics?: unknown }).diagnostics, 'diagnostics'],
  ['a summary of nothing', (loose) => void ((loose as { summary: unknown }).summary = null), 'summary'],
  [
    'a repository whose summary counts no images',
    (loose) => void ((repository(loose) as { summary: unknown }).summary = { bytes: {} }),
    'repositories[0].summary.images',
  ],
  ['an image without a size', (loose) => void delete (repository(loose).images[0] as { size?: unknown }).size, 'images[0].size'],
  ['another kind', (loose) => void (loose.kind = 'Report' as 'Plan'), 'kind'],
  ['another major version', (loose) => void (loose.formatVersion = '2.0'), '"2.0"'],
  ['no version', (loose) => void (loose.formatVersion = 1 as unknown as string), 'formatVersion'],
  ['no time of making', (loose) => void (loose.createdAt = 'yesterday'), 'createdAt'],
  ['no list of repositories', (loose) => void (loose.repositories = {} as never), 'repositories'],
  ['a policy without a digest', (loose) => void (loose.policies[0]!.digest = asDigest('x')), 'policies[0]'],
  [
    'applyable, although something blocks it',
    (loose) => void loose.blockedBy.push({ code: 'maxDeletions', message: 'too many' }),
    'contradicts blockedBy',
  ],
  ['not applyable, although nothing blocks it', (loose) => void (loose.applyable = false), 'contradicts blockedBy'],
  ['a repository twice', (loose) => void loose.repositories.push(repository(loose)), 'is a second team/app'],
  ['a repository name that leads elsewhere', (loose) => void (repository(loose).repository = '../other'), 'expected a repository name'],
  ['an image twice', (loose) => void repository(loose).images.push(image(loose, filled.lone.digest)), 'is a second'],
  [
    'an image whose digest is none',
    (loose) => void (image(loose, filled.lone.digest).digest = asDigest('sha256:abc')),
    'expected a whole digest',
  ],
  ['a tag on two images', (loose) => void image(loose, filled.kept.digest).tags.push('old-3'), 'another image has too'],
  ['a tag that is none', (loose) => void (image(loose, filled.kept.digest).tags = ['../x']), 'expected a tag'],
  [
    'an action that is none',
    (loose) => void (image(loose, filled.kept.digest).action = 'destroy' as 'delete'),
    'expected keep, untag, archive, delete',
  ],
  ['an image without reasons', (loose) => void (image(loose, filled.lone.digest).reasons = []), 'is empty'],
  [
    'an image that is kept for a reason, to be deleted',
    (loose) => void (image(loose, filled.lone.digest).reasons[0]!.code = 'in_use'),
    '"in_use"',
  ],
  [
    'an image that is protected, to be deleted',
    (loose) => void image(loose, filled.lone.digest).reasons.push({ code: 'protected_label' }),
    '"protected_label"',
  ],
  [
    'a reason that is not known, to be deleted',
    (loose) => void (image(loose, filled.lone.digest).reasons[0]!.code = 'toString' as 'expired'),
    '"toString"',
  ],
  [
    'a kept tag among those to take off',
    (loose) => void image(loose, filled.floating.digest).untag.push('keep-2'),
    'leaves the image without a tag',
  ],
  [
    'a protected tag among those to take off',
    (loose) => {
      const floating = image(loose, filled.floating.digest);
      for (const reason of floating.reasons) if (reason.tag === 'old-2') reason.code = 'protected_tag';
    },
    '"protected_tag"',
  ],
  [
    'a tag to take off that the image has not',
    (loose) => void (image(loose, filled.floating.digest).untag = ['other']),
    'names a tag that the image does not have',
  ],
  [
    'tags to take off an image that is kept',
    (loose) => void (image(loose, filled.floating.digest).action = 'keep'),
    'contradicts the action',
  ],
  [
    'a step for an image that is kept',
    (loose) => void (step(loose, filled.lone.digest).digest = filled.kept.digest),
    /(expects the tag|keeps)/,
  ],
  [
    'an image that is kept after all, with its step',
    (loose) => void Object.assign(image(loose, filled.lone.digest), { action: 'keep' }),
    `delete-manifest`,
  ],
  [
    'a step for an image that is not listed',
    (loose) => void Object.assign(step(loose, filled.lone.digest), { digest: ELSEWHERE, expect: {} }),
    'does not list',
  ],
  [
    'a step that expects a tag less',
    (loose) => void Reflect.deleteProperty(step(loose, filled.nested.digest).expect, 'old-1.0'),
    'does not expect just the tags',
  ],
  [
    'a step that expects a tag more',
    (loose) => void (step(loose, filled.lone.digest).expect['keep-1'] = filled.lone.digest),
    'does not expect just the tags',
  ],
  [
    'a step that expects a tag on another digest',
    (loose) => void (step(loose, filled.lone.digest).expect['old-3'] = ELSEWHERE),
    'on another digest',
  ],
  ['a step without expectations', (loose) => void Reflect.deleteProperty(step(loose, filled.lone.digest), 'expect'), 'expect: missing'],
  ['a step twice', (loose) => void repository(loose).steps.push(step(loose, filled.lone.digest)), 'a second time'],
  ['a tag taken off twice', (loose) => void repository(loose).steps.unshift(repository(loose).steps[0]!), 'a second time'],
  ['a kept tag to take off', (loose) => void (tagStep(loose).tag = 'keep-2'), 'which the plan keeps'],
  ['a tag to take off another image', (loose) => void (tagStep(loose).digest = filled.kept.digest), 'which the plan keeps'],
  [
    'an operation that is none',
    (loose) => void ((step(loose, filled.lone.digest) as { op: string }).op = 'delete-repository'),
    'expected delete-tag, archive-manifest, delete-manifest',
  ],
  ['a child before its index', (loose) => void repository(loose).steps.reverse(), /(after the first manifest|after which it has to come)/],
  [
    'a step that comes after itself',
    (loose) => void (step(loose, filled.lone.digest).after = [filled.lone.digest]),
    'after which it has to come',
  ],
  ['a step that names a holder twice', (loose) => void step(loose, filled.inner.digest).after.push(filled.nested.digest), 'twice'],
  [
    'tags taken off after manifests',
    (loose) => void repository(loose).steps.push(repository(loose).steps.shift()!),
    'after the first manifest',
  ],
  [
    'a repository of signatures whose name leads elsewhere',
    (loose) => void Object.assign(repository(loose), { signaturesIn: { repositories: ['../other'], signed: [] } }),
    'signaturesIn.repositories',
  ],
  ['steps in a repository that was not read whole', (loose) => void (repository(loose).complete = false), 'was not read whole'],
  ['steps in a repository that no policy governs', (loose) => void delete repository(loose).policy, 'policy: missing'],
  [
    'a signature of an image that is kept, to be deleted',
    (loose) => {
      const tag = attachmentTag(filled.kept.digest, 'sig');
      image(loose, filled.lone.digest).tags = [tag];
      step(loose, filled.lone.digest).expect = { [tag]: filled.lone.digest };
    },
    'attaches to an image that the plan keeps',
  ],
];

describe('a plan that was tampered with', () => {
  it.each(TAMPERED)('is refused: %s', async (_, spoil, says) => {
    const loose = structuredClone(plan) as LoosePlan;
    spoil(loose);
    const error = await failure(readPlanFile(await saved(JSON.stringify(loose))));
    expect(error.code).toBe('PLAN_INVALID');
    expect(error.message).toMatch(says instanceof RegExp ? says : new RegExp(says.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')));
  });

  it('by keys of the prototype is refused, or read as what they are', async () => {
    const spoiled = JSON.stringify(plan).replace('"expect":{"old-3":', '"expect":{"__proto__":');
    expect((await failure(readPlanFile(await saved(spoiled)))).code).toBe('PLAN_INVALID');
    const tag = JSON.stringify(plan).replaceAll('"old-3"', '"__proto__"');
    const read = await readPlanFile(await saved(tag));
    expect(
      Object.keys((read.repositories[0]!.steps.find(({ digest }) => digest === filled.lone.digest) as DeleteManifestStep).expect),
    ).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['old-3']).toBeUndefined();
  });

  it('shows no control characters of it in the message', async () => {
    const loose = structuredClone(plan) as LoosePlan;
    image(loose, filled.lone.digest).reasons[0]!.code = '\u001B[2J\u202E' as 'expired';
    const { message } = await failure(readPlanFile(await saved(JSON.stringify(loose))));
    expect(message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe('whether a saved plan still holds', () => {
  const now = (later = 0): number => Date.parse(plan.createdAt) + later;
  const hour = 60 * 60 * 1000;

  it('for a day, or as long as is asked', () => {
    checkFresh(plan, { now: now(24 * hour) });
    expect(caught(() => checkFresh(plan, { now: now(24 * hour + 1) }))).toMatchObject({
      code: 'NOT_APPLYABLE',
      hint: expect.stringContaining('--max-age'),
    });
    checkFresh(plan, { now: now(48 * hour), maxAge: 48 * hour });
    expect(caught(() => checkFresh(plan, { now: now(2 * hour), maxAge: hour })).message).toContain('for 1 h only');
  });

  it('not before it was made', () => {
    expect(caught(() => checkFresh(plan, { now: now(-hour) })).code).toBe('NOT_APPLYABLE');
  });

  it('not as of another time', () => {
    expect(caught(() => checkFresh({ ...plan, now: '2030-01-01T00:00:00.000Z' }, { now: now() })).code).toBe('NOT_APPLYABLE');
  });

  it('only for the registry that it was made from', () => {
    const url = plan.repositories[0]!.url!;
    checkRegistries(plan, new Map([['prod', { url }]]));
    expect(caught(() => checkRegistries(plan, new Map([['prod', { url: 'https://evil.example' }]]))).code).toBe('PLAN_INVALID');
    expect(caught(() => checkRegistries(plan, new Map())).message).toContain('is not configured');
    const { url: _, ...offline } = plan.repositories[0]!;
    expect(caught(() => checkRegistries({ ...plan, repositories: [offline] }, new Map([['prod', { url }]]))).message).toContain(
      'does not name the address of its registry',
    );
  });
});

it('every row of the table above changes the plan', () => {
  for (const [what, spoil] of TAMPERED) {
    const loose = structuredClone(plan) as LoosePlan;
    spoil(loose);
    expect(JSON.stringify(loose), what).not.toBe(JSON.stringify(plan));
  }
});
