import { describe, expect, test } from 'vitest';
import { planAnnotations } from '../../../src/report/github.ts';
import { gitlabReport } from '../../../src/report/gitlab.ts';
import { planJunit } from '../../../src/report/junit.ts';
import { planNames } from '../../../src/report/name.ts';
import { applied } from './applied.ts';
import { expired, image, plan, repository } from './plan-fixture.ts';

const moved = image('b1', {
  tags: ['v1', 'v1.0.0'],
  action: 'untag',
  untag: ['v1.0.0'],
  reasons: [{ code: 'expired', tag: 'v1.0.0', rule: 'releases', rank: 11 }],
});
const two = [repository([expired('a1', 'main-1', 4), moved]), repository([expired('a2', 'main-2', 5)], { repository: 'team/web' })];
const places = (_policy: string, rule?: string) => ({ file: 'policies/a,b:c%.yaml', line: rule === undefined ? 3 : 12 });
const blocked = {
  applyable: false,
  blockedBy: [{ code: 'maxDeletions', policy: 'services', limit: 1, actual: 2, message: 'it would delete 2' }],
} as const;
const unread = { unread: [{ registry: 'prod', repository: 'team/lost', code: 'AUTH', message: 'denied' }] };

describe('annotations of GitHub Actions', () => {
  test('warn at the line of each rule of what it takes away, and end with the totals', () => {
    expect(planAnnotations(plan(two), {}, places)).toBe(`\
::warning file=policies/a%2Cb%3Ac%25.yaml,line=12,title=branch builds::2 images to delete in 2 repositories: prod/team/app, prod/team/web
::warning file=policies/a%2Cb%3Ac%25.yaml,line=12,title=releases::1 tag of images that stay to delete in 1 repository: prod/team/app
::notice title=regctl prune::2 images and 1 tag of images that stay to delete, 80.0 MB freed
`);
  });

  test('escape what would end a command or begin another', () => {
    const evil = 'a%b\r\n::error::x: y, z';
    const text = planAnnotations(plan([], { ...blocked, blockedBy: [{ code: 'nothingRead', message: evil }] }), { refused: evil }, places);

    expect(text.split('\n').every((line) => line === '' || /^::(?:error|notice) /.test(line))).toBe(true);
    expect(text).toContain('::a%25b%0A::error::x: y, z\n');
    expect(text).not.toContain('\r');
    const rule = expired('a1', 'x', 4, { reasons: [{ code: 'expired', rule: evil, rank: 1 }] });
    expect(planAnnotations(plan([repository([rule])]), {}, () => undefined)).toContain(
      'title=a%25b%0A%3A%3Aerror%3A%3Ax%3A y%2C z::1 image to delete',
    );
  });

  test('are errors for what could not be read, what blocks the plan, and what failed', () => {
    const { plan: one, report } = applied(two, { 'main-1': { outcome: 'failed', message: 'the registry answered 500' } });

    expect(planAnnotations({ ...one, ...unread, ...blocked }, { applied: report }, places)).toMatch(
      new RegExp(
        [
          '^::error title=Not everything could be read::prod/team/lost: AUTH: denied',
          '::error file=[^,]+,line=3,title=This plan may not be carried out::it would delete 2',
          '::error title=1 step failed%3A prod/team/app::the registry answered 500',
        ].join('\\n'),
      ),
    );
  });

  test('are notices for what the reader of the plan should know besides, at the line of the policy where it is about one', () => {
    const diagnostics = [
      { code: 'nothing_selected', policy: 'services', message: '"protect" names the tags prdo-*, and nothing was found' },
      { code: 'ties', registry: 'prod', repository: 'team/app', message: 'their digests decide' },
    ] as const;

    expect(planAnnotations(plan([], { diagnostics }), {}, places)).toBe(`\
::notice title=regctl prune::nothing to delete, 0 B freed
::notice file=policies/a%2Cb%3Ac%25.yaml,line=3,title=Note::"protect" names the tags prdo-*, and nothing was found
::notice title=Note::prod/team/app: their digests decide
`);
    const many = Array.from({ length: 30 }, (_, index) => ({ code: 'note' as const, message: `note ${index}` }));
    const notices = planAnnotations(plan([], { diagnostics: many }), {}, places)
      .split('\n')
      .filter((line) => line.startsWith('::notice'));
    expect(notices).toHaveLength(10);
    expect(notices.at(-1)).toContain('22 more');
  });

  test('are no more than GitHub shows of a kind, and count the rest', () => {
    const rules = Array.from({ length: 30 }, (_, index) =>
      expired(`a${index.toString(16).padStart(2, '0')}`, `t${index}`, 1, {
        reasons: [{ code: 'expired', rule: `rule ${index}`, rank: 1 }],
      }),
    );

    const lines = planAnnotations(plan([repository(rules)]), {}, places)
      .split('\n')
      .filter((line) => line.startsWith('::warning'));

    expect(lines).toHaveLength(10);
    expect(lines.at(-1)).toContain('21 more');
  });
});

describe('the report in a merge request of GitLab', () => {
  test('counts images to delete, and as updates the tags taken off', () => {
    expect(JSON.parse(gitlabReport(plan(two), {}))).toEqual({ create: 0, update: 1, delete: 2 });
  });

  test('counts what was done, once it is carried out', () => {
    const { plan: one, report } = applied(two, { 'main-1': { outcome: 'locked' } });
    expect(JSON.parse(gitlabReport(one, { applied: report }))).toEqual({ create: 0, update: 1, delete: 1 });
  });

  test('is no count at all where nothing could be read', () => {
    const nothing = plan([], { applyable: false, blockedBy: [{ code: 'nothingRead', message: 'nothing could be read' }] });
    expect(JSON.parse(gitlabReport(nothing, {}))).not.toHaveProperty('delete');
  });
});

describe('the test report', () => {
  test('has a test for the run and for each repository', () => {
    expect(planJunit(plan(two), {})).toBe(`\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="regctl" tests="3" failures="0">
  <testsuite name="run" tests="1" failures="0">
    <testcase classname="run" name="the plan may be carried out"/>
  </testsuite>
  <testsuite name="services" tests="2" failures="0">
    <testcase classname="services" name="prod/team/app">
      <system-out>1 image and 1 tag of images that stay to delete, 0 images stay</system-out>
    </testcase>
    <testcase classname="services" name="prod/team/web">
      <system-out>1 image to delete, 0 images stay</system-out>
    </testcase>
  </testsuite>
</testsuites>
`);
  });

  test('fails for what may not be carried out, could not be read, could not be read whole or was not done', () => {
    const { plan: one, report } = applied(two, { 'main-2': { outcome: 'failed', message: 'answered <500> & "no"\u0000' } });
    const broken = { ...one.repositories[0]!, complete: false };
    const text = planJunit({ ...one, ...blocked, ...unread, repositories: [broken, ...one.repositories.slice(1)] }, { applied: report });

    expect(text).toContain('tests="4" failures="4"');
    expect(text).toContain('message="it would delete 2"');
    expect(text).toContain('name="prod/team/lost"');
    expect(text).toContain('nothing is deleted here: it could not be read whole');
    expect(text).toContain('answered &lt;500&gt; &amp; &quot;no&quot;"');
  });

  test('says what the reader of the plan should know besides', () => {
    const noted = plan(two, {
      diagnostics: [{ code: 'nothing_selected', policy: 'services', message: 'the rule "a" has selected nothing' }],
    });
    expect(planJunit(noted, {})).toContain('<system-out>the rule &quot;a&quot; has selected nothing</system-out>');
  });

  test('fails for a run that was refused', () => {
    expect(planJunit(plan(two), { refused: 'deletion is switched off' })).toContain(
      '<failure type="refused" message="deletion is switched off"/>',
    );
  });
});

describe('the names', () => {
  test('of a plan that was carried out are those that went, and of one that was refused none', () => {
    const { plan: one, report } = applied(two, { 'main-1': { outcome: 'failed' } });

    expect(planNames(one, { applied: report }).split('\n')).toEqual([
      'registry.example.com:8443/team/app:v1.0.0',
      'registry.example.com:8443/team/web:main-2',
      '',
    ]);
    expect(planNames(one, { refused: 'no' })).toBe('');
  });
});
