import { describe, expect, test } from 'vitest';
import type { Manifest, RepositoryInventory } from '../../../src/domain/inventory.ts';
import type { Pack } from '../../../src/plan/pack.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { type PlanContext, Planner } from '../../../src/plan/planner.ts';
import type { PolicySpec, RuleSpec } from '../../../src/policy/schema.ts';
import type { Reason } from '../../../src/plan/reason.ts';
import { reasonLine } from '../../../src/report/reason-text.ts';
import { attachmentTag, capabilities, daysAgo, manifest, NOTHING_IN_USE, NOW, policy, repository } from './fixture.ts';

const image = (alias: string): Manifest => manifest(alias, { tags: [`v${alias}`], pushedAt: daysAgo(9) });
const signature = (alias: string, of: string, ...tags: string[]): Manifest =>
  manifest(alias, { tags: [attachmentTag(of, '.sig'), ...tags], pushedAt: daysAgo(9) });
const at = (name: string, manifests: readonly Manifest[], parts: Partial<RepositoryInventory> = {}): RepositoryInventory =>
  repository(manifests, { repository: name, ...parts });

function plan(
  specs: readonly Partial<PolicySpec>[],
  repositories: readonly RepositoryInventory[],
  context: Partial<PlanContext> = {},
): Plan {
  const policies = specs.map((spec) => policy({ grace: '0s', ...spec }));
  const planner = new Planner({ policies, inUse: NOTHING_IN_USE, now: NOW, createdAt: NOW, version: '0', ...context });
  for (const read of repositories) planner.add(read, !read.notes?.includes('the name alone'));
  return planner.plan();
}

/** `repository: alias action` of all that goes. */
function gone({ repositories }: Plan): string[] {
  return repositories.flatMap(({ repository: name, images }) =>
    images.flatMap(({ digest, action }) => (action === 'delete' ? [`${name}: ${digest[7]}`] : [])),
  );
}

const KEEP_ALL = { name: 'all', tags: ['**'], keep: 'all' as const };

describe('orphans of a repository that holds attachments alone', () => {
  const rules = (...globs: string[]): Partial<PolicySpec> => ({
    rules: [{ name: 'orphans', orphaned: { subjectsIn: globs }, keep: 'none' }, KEEP_ALL],
  });
  const app = at('team/app', [image('a')]);
  const store = at('team/signatures', [signature('d', 'a'), signature('e', '9')]);

  test('go where all that is named was read whole, whatever came first', () => {
    expect(gone(plan([rules('team/app')], [app, store]))).toEqual(['team/signatures: e']);
    expect(gone(plan([rules('team/app')], [store, app]))).toEqual(['team/signatures: e']);
    expect(gone(plan([rules('team/*')], [store, app]))).toEqual(['team/signatures: e']);
  });

  test.each<[string, string[], RepositoryInventory[], Partial<PlanContext>]>([
    ['a named repository is not there', ['team/app', 'team/web'], [app], {}],
    ['a glob names nothing', ['team/app', 'web/*'], [app], {}],
    ['a glob names no other repository than their own', ['team/*'], [], {}],
    ['one of the globs names no other repository than their own', ['web/*', 'team/*'], [at('web/app', [image('b')])], {}],
    ['a named repository was not read whole', ['team/app'], [at('team/app', [image('a')], { complete: false })], {}],
    ['the name of a named repository is all that is known', ['team/app'], [at('team/app', [], { notes: ['the name alone'] })], {}],
    ['another repository was not read whole', ['team/app'], [app, at('team/web', [], { complete: false })], {}],
    ['a glob may name more than this run knows', ['team/*'], [app], { knowsAll: () => false }],
  ])('stay where %s', (_what, globs, others, context) => {
    expect(gone(plan([rules(...globs)], [...others, store], context))).toEqual([]);
  });

  test('go where names are given, though the run does not know all repositories', () => {
    expect(gone(plan([rules('team/app')], [app, store], { knowsAll: () => false }))).toEqual(['team/signatures: e']);
  });

  test('are looked for in their registry alone', () => {
    expect(gone(plan([rules('team/app')], [app, store, at('team/app', [image('9')], { registry: 'other' })]))).toEqual([
      'team/signatures: e',
    ]);
  });
});

describe('signatures in another repository', () => {
  const spec: Partial<PolicySpec> = { signaturesIn: ['team/signatures'], repositories: ['team/app'], name: 'app' };
  const tags: Partial<PolicySpec> = { name: 'signatures', rules: [{ name: 'tags', tags: ['**'], keep: 'none' }] };
  const store = at('team/signatures', [signature('d', 'a', 'old'), signature('e', 'b', 'older')]);

  test('stay with the images that stay, and go by their own tags with those that go', () => {
    const rules = [{ name: 'b', tags: ['vb'], keep: 'none' as const }, KEEP_ALL];
    const made = plan([{ ...spec, rules }, tags], [store, at('team/app', [image('a'), image('b')])]);
    expect(gone(made)).toEqual(['team/app: b', 'team/signatures: e']);
  });

  test.each<[string, Partial<PolicySpec>, Partial<PlanContext>]>([
    ['--at-most', {}, { atMost: 1 }],
    ['perRun', { perRun: { deletions: 1 } }, {}],
  ])('stay with an image that %s leaves for the next run', (_what, more, context) => {
    const rules = [{ name: 'all', tags: ['**'], keep: 'none' as const }];
    const app = at('team/app', [image('a'), image('b')]);
    const made = plan(
      [
        { ...spec, ...more, keepAtLeast: 0, rules },
        { ...tags, keepAtLeast: 0 },
      ],
      [store, app],
      context,
    );
    expect(gone(made)).toEqual(['team/app: a']);
  });

  test('all stay where not all the repositories of their images were read whole', () => {
    const broken = at('team/app', [image('b')], { complete: false });
    expect(gone(plan([{ ...spec, rules: [KEEP_ALL] }, tags], [store, broken]))).toEqual([]);
  });

  test('whose image is gone stay where others may have theirs there, and it is said why', () => {
    const orphans: Partial<PolicySpec> = {
      name: 'signatures',
      rules: [{ name: 'orphans', orphaned: { subjectsIn: ['team/app'] }, keep: 'none' }],
    };
    const reading = [at('team/signatures', [signature('d', 'a'), signature('e', 'b')]), at('team/app', [image('a')])];
    const notes = ({ diagnostics }: Plan) => diagnostics.filter(({ message }) => message.includes('"signaturesIn"'));
    const named = plan([{ ...spec, rules: [KEEP_ALL] }, orphans], reading, { knowsAll: () => false });
    expect([gone(named), notes(named)]).toEqual([['team/signatures: e'], []]);
    const patterns = { ...spec, repositories: ['team/**', '!team/signatures'], rules: [KEEP_ALL] };
    const byPattern = plan([patterns, orphans], reading, { knowsAll: () => false });
    expect(gone(byPattern)).toEqual([]);
    expect(notes(byPattern)).toMatchObject([
      { code: 'note', repository: 'team/signatures', message: expect.stringContaining('read the whole registry in one run') },
    ]);
  });

  test('of two repositories that name each other, neither loses a signature of what stays', () => {
    const both: Partial<PolicySpec> = {
      signaturesIn: ['team/*'],
      rules: [{ name: 'signatures', tags: ['sig-*'], keep: 'none' }, KEEP_ALL],
    };
    const app = at('team/app', [image('a'), signature('e', 'b', 'sig-e')]);
    const web = at('team/web', [image('b'), signature('d', 'a', 'sig-d')]);
    expect(gone(plan([both], [app, web]))).toEqual([]);
    expect(gone(plan([both], [web, app]))).toEqual([]);
  });

  test('count for a rule about signed images', () => {
    const rules = [{ name: 'unsigned', tags: ['**'], signed: false, keep: 'none' as const }];
    const app = at('team/app', [image('a'), image('c')]);
    expect(
      gone(
        plan(
          [
            { ...spec, rules },
            { ...tags, rules: [KEEP_ALL] },
          ],
          [app, store],
        ),
      ),
    ).toEqual(['team/app: c']);
  });

  test.each<[string, RuleSpec[]]>([
    ['is not unsigned', [{ name: 'unsigned', tags: ['**'], signed: false, keep: 'none' }]],
    [
      'is not left to the rule below',
      [
        { name: 'signed', tags: ['**'], signed: true, keep: 'all' },
        { name: 'others', tags: ['**'], keep: 'none' },
      ],
    ],
    [
      'is not left to the rule for tagged and untagged ones below',
      [
        { name: 'signed', tags: ['x*'], untagged: 'too', signed: true, keep: 'all' },
        { name: 'others', tags: ['x*'], untagged: 'too', keep: 'none' },
      ],
    ],
    [
      'is not left to the rule for untagged ones below',
      [
        { name: 'signed', untagged: true, signed: true, keep: 'all' },
        { name: 'others', untagged: true, keep: 'none' },
      ],
    ],
  ])('in a run that does not read them, an image whose signature is not known %s, and the plan says so', (_what, rules) => {
    const app = at('team/app', [image('a'), image('c'), manifest('f', { pushedAt: daysAgo(9) })]);
    const made = plan([{ ...spec, keepAtLeast: 0, rules }], [app], { knowsAll: () => false });
    expect(gone(made)).toEqual([]);
    expect(made.diagnostics).toContainEqual(
      expect.objectContaining({ code: 'note', repository: 'team/app', message: expect.stringContaining('signatures were read whole') }),
    );
  });

  test('is known from its own repository too', () => {
    const rules: RuleSpec[] = [{ name: 'signed', tags: ['v*'], signed: true, keep: 'none' }];
    const app = at('team/app', [image('a'), signature('d', 'a'), image('b')]);
    expect(gone(plan([{ ...spec, keepAtLeast: 0, rules }], [app], { knowsAll: () => false }))).toEqual(['team/app: a', 'team/app: d']);
  });

  test.each<[string, Partial<PolicySpec>, readonly RepositoryInventory[], readonly string[]]>([
    ['one of their repositories by its name', { repositories: ['team/app'] }, [], []],
    ['one that a glob may mean', { repositories: ['team/*', '!team/signatures'] }, [at('team/app', [])], []],
    ['none of those that are named', { repositories: ['team/app'] }, [at('team/app', [])], ['team/signatures: d', 'team/signatures: e']],
    ['none in their registry', { repositories: ['team/app'], registries: ['other'] }, [], ['team/signatures: d', 'team/signatures: e']],
  ])('in a run that does not know of all repositories and misses %s', (_what, more, others, goes) => {
    const none: Partial<PolicySpec> = { ...tags, keepAtLeast: 0 };
    expect(gone(plan([{ ...spec, ...more, rules: [KEEP_ALL] }, none], [...others, store], { knowsAll: () => false }))).toEqual(goes);
  });
});

test('freed bytes stay exact beside a repository that nobody read where nothing is freed', () => {
  const kept = at('team/app', [manifest('a', { tags: ['v1'], blobs: [] })]);
  const made = plan([{ repositories: ['team/*'], rules: [KEEP_ALL] }], [kept, at('other', [])]);
  expect(made.summary.bytes).toEqual({ deleted: 0, freed: 0, exact: true });
});

test('an image whose time cannot be read stays, and says what stands in the place of the time', () => {
  const rules: RuleSpec[] = [{ name: 'old', tags: ['**'], keep: { days: 1 } }];
  const read = at('team/app', [manifest('a', { tags: ['v1'], pushedAt: 'yesterday' })]);
  expect(plan([{ rules }], [read]).repositories[0]?.images[0]?.reasons).toEqual([
    { code: 'unknown_time', tag: 'v1', rule: 'old', time: 'yesterday' },
  ]);
});

test('an untagged image that is archived says by which rule', () => {
  const rules = [{ name: 'cold', untagged: true as const, keep: 'none' as const, action: 'archive' as const }];
  const read = at('team/app', [manifest('a', { pushedAt: daysAgo(9) })], { capabilities: capabilities({ archive: true }) });
  expect(plan([{ rules }], [read]).repositories[0]?.images[0]).toMatchObject({
    action: 'archive',
    reasons: [{ code: 'archived', rule: 'cold', rank: 1, ageDays: 9 }],
  });
});

describe('what selects nothing is told', () => {
  test('of globs over repositories; a host in front is explained', () => {
    const repositories = ['team/*', '!team/legacy', '!prod.example.com/team/legacy', 'web/*', '!web/old', '!team/app'];
    const { diagnostics } = plan([{ repositories, rules: [KEEP_ALL] }], [at('team/web', [image('a')]), at('team/app', [image('b')])]);
    const about = (glob: string, what: string): string =>
      `"${glob}" under "repositories" of the policy "nightly" ${what} nothing in this run`;
    expect(diagnostics.filter(({ code }) => code === 'nothing_selected').map(({ message }) => message)).toEqual([
      about('!team/legacy', 'takes out'),
      `${about('!prod.example.com/team/legacy', 'takes out')}: the names of repositories have no host in front`,
      about('web/*', 'selects'),
      about('!web/old', 'takes out'),
    ]);
  });

  test('and an age that is a pull says so', () => {
    const pulled = (alias: string, days: number): Manifest =>
      manifest(alias, { tags: [`v${alias}`], pushedAt: daysAgo(40), pulledAt: daysAgo(days) });
    const rules = [{ name: 'used', tags: ['**'], keep: { pulledDays: 5 } }];
    const read = at('team/app', [pulled('a', 1), pulled('b', 9)], { capabilities: capabilities({ pulledAt: true }) });
    const images = plan([{ rules, keepAtLeast: 0 }], [read]).repositories[0]?.images ?? [];
    expect(images.map(({ reasons }) => reasonLine(reasons[0] as Reason))).toEqual([
      'pulled, or pushed, recently enough (used, rank 1, pulled 1 day ago)',
      'its rule keeps it no longer (used, rank 2, pulled 9 days ago)',
    ]);
  });

  const told = (spec: Partial<PolicySpec>, ...manifests: Manifest[]): string[] =>
    plan([spec], [repository(manifests)]).diagnostics.map(({ code, policy: name, message }) => `${code} ${name}: ${message}`);

  test('of rules and of every kind of protection', () => {
    const protect = [
      { tags: ['v*'] },
      { tags: ['prod'] },
      { labels: { keep: '*' } },
      { digests: [image('9').digest] },
      { signed: true as const },
    ];
    expect(
      told(
        {
          protect,
          rules: [
            { ...KEEP_ALL, tags: ['x*'] },
            { ...KEEP_ALL, name: 'rest' },
          ],
        },
        image('a'),
      ),
    ).toEqual([
      'nothing_selected nightly: "protect" of the policy "nightly" names the tags prod, and this run has found nothing of that kind',
      `nothing_selected nightly: "protect" of the policy "nightly" names the digest ${image('9').digest}, ` +
        'and this run has found nothing of that kind',
      'nothing_selected nightly: "protect" of the policy "nightly" names the label keep=*, and this run has found nothing of that kind',
      'nothing_selected nightly: "protect" of the policy "nightly" names signed images, and this run has found nothing of that kind',
      'nothing_selected nightly: the rule "all" of the policy "nightly" has selected nothing in this run',
    ]);
  });

  test('not of an entry that holds a tag of an image that is protected anyway', () => {
    const protect = [{ tags: ['va'] }, { digests: [image('a').digest] }, { tags: ['v*'] }];
    expect(told({ protect, rules: [KEEP_ALL] }, image('a'))).toEqual([]);
  });
});

describe('a plan of which everything was put away meanwhile is the same', () => {
  /** What is put away comes back as others like it, and what can be made again is. */
  function tight(put: unknown[]): Pack {
    return {
      lists: (...lists) => {
        put.push(...lists);
        const text = JSON.stringify(lists);
        return () => JSON.parse(text) as typeof lists;
      },
      thing: (_, again) => again,
    };
  }
  const spec = { rules: [{ name: 'one', tags: ['**'], keep: { last: 1 } }] };
  const repositories = [
    at('team/app', [image('a'), image('b'), image('f')]),
    at('team/web', [signature('c', 'd'), image('d'), image('e'), image('9')]),
  ];

  test('its lists', () => {
    const put: unknown[] = [];
    const packed = plan([spec], repositories, { pack: tight(put) });
    expect(put).toHaveLength(4);
    expect(packed).toEqual(plan([spec], repositories));
    expect(JSON.stringify(packed)).toBe(JSON.stringify(plan([spec], repositories)));
  });

  test.each([0, 1, 2, 3, 4, 5])('its inventories, where no more than %i go in one run', (atMost) => {
    const put: unknown[] = [];
    const packed = plan([spec], repositories, { atMost, pack: tight(put) });
    const expected = plan([spec], repositories, { atMost });
    expect(put).toContain(repositories[0]?.manifests);
    expect(JSON.stringify(packed)).toBe(JSON.stringify(expected));
    expect(expected.summary.images.delete).toBe(Math.min(atMost, 4));
  });

  test.each([undefined, 1])('its inventories, where others have to be read first (at most %s)', (atMost) => {
    const waiting = [{ ...spec, signaturesIn: ['team/signatures'] }];
    const all = [...repositories, at('team/signatures', [signature('8', 'b'), signature('7', '9')])];
    const packed = plan(waiting, all, { pack: tight([]), ...(atMost !== undefined && { atMost }) });
    expect(JSON.stringify(packed)).toBe(JSON.stringify(plan(waiting, all, atMost === undefined ? {} : { atMost })));
  });
});
