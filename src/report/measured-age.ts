import { DAY_MS, parseTime } from '../domain/time.ts';
import type { Clock, PlannedImage, RepositoryPlan } from '../plan/plan.ts';
import { isDeleteReason, type Reason } from '../plan/reason.ts';
import { ageWords } from './reason-text.ts';
import { EARLIEST, count } from './text.ts';

const HOUR_MS = DAY_MS / 24;
/** Below so many days, tenths of a day are told. */
const TENTHS = 100;

/**
 * How old something was found. It never contradicts the rule that was measured by it: what goes because it is older than 30 days is rounded
 * up, so that it is never shown as 30 days old, and what stays is rounded down. Empty where no time is known.
 */
export function measuredAge(image: PlannedImage, reason: Reason, clock: Clock, now: string): string {
  const measured = timeSince(image, reason, clock, now);
  return measured === '' ? '' : ageWords(measured, reason.pulled);
}

function timeSince(image: PlannedImage, reason: Reason, clock: Clock, now: string): string {
  const from = parseTime(reason.time ?? (clock === 'pushed' ? image.pushedAt : image.createdAt) ?? '');
  const to = parseTime(now);
  if (from === undefined || to === undefined || from < EARLIEST || to < from) {
    return reason.ageDays === undefined || reason.ageDays === 0 ? '' : count(reason.ageDays, 'day');
  }
  const round = isDeleteReason(reason.code) ? Math.ceil : Math.floor;
  const days = (to - from) / DAY_MS;
  if (days < 1) return count(round((to - from) / HOUR_MS), 'hour');
  const shown = days < TENTHS ? round(days * 10) / 10 : round(days);
  return `${Number.isInteger(shown) ? shown : shown.toFixed(1)} ${shown === 1 ? 'day' : 'days'}`;
}

type DecidingClock = 'pushed' | 'created' | 'pulled' | 'tagged';

/** The times that decided in a repository, in words: `by created time`, `by created and pulled times`. */
export function clockWords({ images, clock }: Pick<RepositoryPlan, 'images' | 'clock'>): string {
  const used = new Set<DecidingClock>();
  for (const image of images) for (const reason of image.reasons) addClock(used, image, reason, clock);
  const names = (['pushed', 'created', 'pulled', 'tagged'] as const).filter((name) => used.has(name));
  if (names.length === 0) return clock === 'none' ? 'no times known' : `by ${clock} time`;
  return `by ${names.join(', ').replace(/, (\w+)$/, ' and $1')} ${names.length === 1 ? 'time' : 'times'}`;
}

function addClock(used: Set<DecidingClock>, { pushedAt, createdAt, pulledAt }: PlannedImage, { time }: Reason, clock: Clock): void {
  if (time === undefined || parseTime(time) === undefined) return;
  if (clock !== 'none' && time === (clock === 'pushed' ? pushedAt : createdAt)) used.add(clock);
  else used.add(time === pulledAt ? 'pulled' : time === pushedAt ? 'pushed' : time === createdAt ? 'created' : 'tagged');
}
