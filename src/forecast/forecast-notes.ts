import { DAY_MS } from '../domain/time.ts';
import type { ForecastDay, Growth } from './forecast.ts';
import type { Forecasted } from './forecasted.ts';

/** What a forecast takes for granted, a sentence each. */
export function assumptionsOf(lives: readonly Forecasted[], days: number): string[] {
  const pulls = lives.some(({ inventory }) => inventory.capabilities.pulledAt);
  return [
    `Pushes go on as in the last ${days} days: the same images come again, with the next versions, numbers, dates and commits in their ` +
      'tags; tags that name no single image, such as "latest", move on to them.',
    'What was pushed and deleted again within these days is not seen.',
    'Every 24 hours a plan is made by the policies as they are now, and carried out.',
    'What is in use, locked, or in a list of names stays so, and nothing else becomes so. Nobody sets a tag on an older image.',
    ...(pulls
      ? [
          'What was pulled within the last day goes on being pulled, new images are pulled as long as those that ' +
            'they stand for, others no more.',
        ]
      : []),
  ];
}

/** What is not known, and what its reader should look at, a sentence each. `others` are the repositories that no policy governs. */
export function notesOf(lives: readonly Forecasted[], others: number, daily: readonly ForecastDay[], growth: Growth): string[] {
  const notes: string[] = [];
  const unknown = lives.reduce((sum, { history }) => sum + history.unknownTimes, 0);
  if (unknown > 0) notes.push(`The times of ${unknown} images are not known: these are not taken for pushes.`);
  if (others > 0) notes.push(`${others} repositories that no policy governs, or that could not be read, are left out.`);
  const built = lives.filter(({ inventory: { capabilities } }) => !capabilities.pushedAt && capabilities.createdAt);
  if (built.length > 0)
    notes.push(`In ${named(built)} the registry does not tell pushes: the times when images were built stand for them.`);
  const unseen = lives.filter(({ inventory: { capabilities } }) => !capabilities.listUntagged);
  if (unseen.length > 0)
    notes.push(`In ${named(unseen)} the registry lists tags alone: an image that loses its last one is left out then.`);
  const partial = lives.filter(({ inventory }) => !inventory.complete);
  if (partial.length > 0) notes.push(`${named(partial)} could not be read whole: nothing is deleted there.`);
  for (const { inventory, history } of lives)
    for (const { streams, period } of history.families.filter(({ isCut }) => isCut)) {
      const [first] = streams.map(({ shape }) => shape.replaceAll(/\{\w+\}/g, '*') || 'those without a tag of their own').toSorted();
      const since = new Date(Math.min(...streams.map(({ pushes }) => pushes[0]?.time ?? Infinity))).toISOString().slice(0, 10);
      notes.push(
        `In ${nameOf(inventory)} the policy leaves nothing from before ${since} of ` +
          `${streams.length === 1 ? `${first}` : `${first} and the like`}: ` +
          `these are taken to come as often as since then, all of them every ${days(period)}.`,
      );
    }
  return [...notes, ...risingNote(daily, growth)];
}

/** Where images still increase at the end, and not for good. */
function risingNote(daily: readonly ForecastDay[], { imagesPerDay }: Growth): string[] {
  const [middle, end] = [daily[Math.floor(daily.length / 2) - 1], daily.at(-1)];
  if (!middle || !end) return [];
  const rise = (end.images - middle.images) / (daily.length - Math.floor(daily.length / 2)) - imagesPerDay;
  if (rise < 1 || rise * daily.length < end.images * 0.02) return [];
  return [
    `At the end there are still ${Math.round(rise)} more images each day. That will end: rules keep them for longer than these ` +
      `${daily.length} days. Look further ahead with --days ${Math.min(366, daily.length * 3)}.`,
  ];
}

/** The first two by name, and how many more. */
function named(lives: readonly Forecasted[]): string {
  const names = lives.map(({ inventory }) => nameOf(inventory));
  return names.length > 2 ? `${names.slice(0, 2).join(', ')} and ${names.length - 2} more` : names.join(' and ');
}

function nameOf({ registry, repository }: Forecasted['inventory']): string {
  return `${registry}/${repository}`;
}

function days(milliseconds: number): string {
  return `${(milliseconds / DAY_MS).toFixed(1)} days`;
}
