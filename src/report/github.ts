import type { Plan } from '../plan/plan.ts';
import { amountWords, plannedAmounts } from './amounts.ts';
import { appliedAmounts, type Outcome } from './outcome.ts';
import { type RuleTotal, ruleTotals } from './rule-totals.ts';
import { freedWords } from './table-totals.ts';
import { notesOf } from './repository-view.ts';
import { count, firstOf, number } from './text.ts';
import { unreadLines } from './unread-lines.ts';
import { annotation, type AnnotationPlace } from './workflow-command.ts';

/** Annotations of each kind that GitHub shows for one step. */
const SHOWN = 10;
/** Repositories that are named in one annotation. */
const NAMED = 5;

/** Finds the line of a policy, or of a rule of it; undefined where its file cannot be read any more. */
export type PolicyPlaces = (policy: string, rule?: string) => AnnotationPlace | undefined;

/**
 * A plan, or what came of it, as annotations of GitHub Actions: an error for what could not be read, what blocks the plan and what was not
 * done, a warning at each rule for what it takes away, and notices with the totals and what the reader of the plan should know besides.
 */
export function planAnnotations(plan: Plan, { applied, refused }: Outcome, places: PolicyPlaces): string {
  const errors = [
    ...(refused === undefined ? [] : [annotation('error', 'Nothing was changed', refused)]),
    ...unreadLines(plan).map((line) => annotation('error', 'Not everything could be read', line)),
    ...plan.blockedBy.map(({ message, policy }) =>
      annotation('error', 'This plan may not be carried out', message, policy === undefined ? undefined : places(policy)),
    ),
    ...(applied?.repositories ?? []).flatMap(({ registry, repository, notDone, error }) => {
      const where = `${registry}/${repository}`;
      const failed = notDone.filter(({ outcome }) => outcome === 'failed');
      const [first] = failed;
      return [
        ...(error ? [annotation('error', `Given up: ${where}`, error.message)] : []),
        ...(first
          ? [annotation('error', `${count(failed.length, 'step')} failed: ${where}`, first.message ?? `${first.tag ?? first.digest}`)]
          : []),
      ];
    }),
  ];
  const warnings = ruleTotals(plan).map((total) =>
    annotation('warning', total.rule ?? total.policy, ruleWords(total), places(total.policy, total.rule)),
  );
  const what = applied
    ? `${amountWords(appliedAmounts(plan, applied)) || 'nothing'} deleted (${applied.outcome})`
    : `${amountWords(plannedAmounts(plan)) || 'nothing'} to delete, ${freedWords(plan.summary)}`;
  const policyOf = new Map(plan.diagnostics.map(({ message, policy }) => [message, policy]));
  const notes = notesOf(plan).map((note) => {
    const policy = policyOf.get(note);
    return annotation('notice', 'Note', note, policy === undefined ? undefined : places(policy));
  });
  const notices = [annotation('notice', 'regctl prune', what), ...notes];
  return [...atMost(errors, 'error'), ...atMost(warnings, 'warning'), ...atMost(notices, 'notice')].join('');
}

function ruleWords({ images, tags, repositories }: RuleTotal): string {
  const what = [...(images > 0 ? [count(images, 'image')] : []), ...(tags > 0 ? [`${count(tags, 'tag')} of images that stay`] : [])].join(
    ' and ',
  );
  const where = count(repositories.length, 'repository', 'repositories');
  return `${what} to delete in ${where}: ${firstOf(repositories, NAMED).join(', ')}`;
}

/** What GitHub would not show is counted in the last that it does. */
function atMost(lines: readonly string[], level: 'error' | 'warning' | 'notice'): readonly string[] {
  if (lines.length <= SHOWN) return lines;
  const left = lines.length - SHOWN + 1;
  return [
    ...lines.slice(0, SHOWN - 1),
    annotation(level, 'And more', `${number(left)} more; the step summary and the JSON document have all.`),
  ];
}
