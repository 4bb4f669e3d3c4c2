import type { RepositoryReport } from '../apply/apply-report.ts';
import type { Plan, RepositoryPlan } from '../plan/plan.ts';
import { amountsOf, amountWords, copiedWords, stepsDone } from './amounts.ts';
import { OUTCOMES } from './apply-text.ts';
import type { Outcome } from './outcome.ts';
import { notesOf } from './repository-view.ts';
import { count } from './text.ts';
import { unreadLines } from './unread-lines.ts';
import { xmlText } from './xml.ts';

/** One test of a JUnit report. `problem` makes it a failure. */
export interface TestCase {
  readonly suite: string;
  readonly name: string;
  readonly problem?: { readonly type: string; readonly message: string } | undefined;
  readonly output?: string;
}

/** The test report that every CI system reads: suites in the order in which they come. */
export function junitXml(cases: readonly TestCase[]): string {
  const suites = new Map<string, TestCase[]>();
  for (const one of cases) suites.set(one.suite, [...(suites.get(one.suite) ?? []), one]);
  const failures = (those: readonly TestCase[]): number => those.filter(({ problem }) => problem).length;
  const lines = [...suites].flatMap(([suite, those]) => [
    `  <testsuite name="${xmlText(suite)}" tests="${those.length}" failures="${failures(those)}">`,
    ...those.flatMap(caseLines),
    '  </testsuite>',
  ]);
  const root = `<testsuites name="regctl" tests="${cases.length}" failures="${failures(cases)}">`;
  return `${['<?xml version="1.0" encoding="UTF-8"?>', root, ...lines, '</testsuites>'].join('\n')}\n`;
}

/**
 * A plan, or what came of it, as a test report: a test for the run, which fails where it may not be carried out or was refused, and says
 * what the reader of the plan should know besides; one for each thing that could not be read; and one for each repository, which fails
 * where it could not be read whole or something was not done.
 */
export function planJunit(plan: Plan, { applied, refused }: Outcome): string {
  const blocked = plan.blockedBy.map(({ message }) => message).join('; ');
  const run = refused ?? (blocked === '' ? undefined : blocked);
  const notes = notesOf(plan);
  const reports = new Map(applied?.repositories.map((one) => [`${one.registry}/${one.repository}`, one]));
  return junitXml([
    {
      suite: 'run',
      name: applied ? 'the plan is carried out' : 'the plan may be carried out',
      problem: run === undefined ? failedRun(applied?.error) : { type: 'refused', message: run },
      ...(notes.length > 0 && { output: notes.join('\n') }),
    },
    ...unreadLines(plan).map((line) => ({ suite: 'unread', name: line.split(': ')[0] ?? '', problem: { type: 'unread', message: line } })),
    ...plan.repositories.flatMap((repository) =>
      repository.policy === undefined ? [] : [caseOf(plan, repository, reports.get(`${repository.registry}/${repository.repository}`))],
    ),
  ]);
}

function failedRun(error: { readonly code: string; readonly message: string } | undefined): TestCase['problem'] {
  return error && { type: error.code, message: error.message };
}

function caseOf(plan: Plan, repository: RepositoryPlan, report: RepositoryReport | undefined): TestCase {
  const name = `${repository.registry}/${repository.repository}`;
  const steps = report ? stepsDone(repository, report) : repository.steps;
  const amounts = amountsOf(repository, steps);
  const what = amountWords(amounts) || 'nothing';
  const copied = copiedWords(amounts, report ? 'were' : 'are');
  return {
    suite: repository.policy ?? '',
    name,
    output:
      `${what} ${report ? 'deleted' : 'to delete'}, ${copied === '' ? '' : `${copied}, `}` +
      `${count(repository.summary.images.keep, 'image stays', 'images stay')}`,
    problem: problemOf(plan, repository, report),
  };
}

function problemOf(
  plan: Plan,
  { registry, repository, complete }: RepositoryPlan,
  report: RepositoryReport | undefined,
): TestCase['problem'] {
  if (report?.error) return { type: report.error.code, message: report.error.message };
  const lost = report?.repairs.find(({ restored }) => !restored);
  if (lost) return { type: 'lost', message: `${lost.tag ?? lost.digest}: ${lost.message}` };
  const failed = report?.notDone.filter(({ outcome }) => outcome === 'failed') ?? [];
  const [first] = failed;
  if (first)
    return {
      type: 'failed',
      message: `${count(failed.length, 'step')} ${OUTCOMES.failed}, first ${first.tag ?? first.digest}: ${first.message ?? ''}`,
    };
  if (complete) return undefined;
  const why = plan.diagnostics.find((note) => note.code === 'incomplete' && note.registry === registry && note.repository === repository);
  return { type: 'incomplete', message: `nothing is deleted here: ${why?.message ?? 'it could not be read whole'}` };
}

function caseLines({ suite, name, problem, output }: TestCase): string[] {
  const open = `    <testcase classname="${xmlText(suite)}" name="${xmlText(name)}"`;
  if (!problem && output === undefined) return [`${open}/>`];
  return [
    `${open}>`,
    ...(problem ? [`      <failure type="${xmlText(problem.type)}" message="${xmlText(problem.message)}"/>`] : []),
    ...(output === undefined ? [] : [`      <system-out>${xmlText(output)}</system-out>`]),
    '    </testcase>',
  ];
}
