import { printable } from '../diagnostics/redact.ts';
import type { Checklist, ChecklistItem, RegistryChecklist } from '../lint/checklist.ts';
import { PLAIN, type Style } from './style.ts';
import { count, number } from './text.ts';
import { padEnd, width } from './width.ts';
import { unreadLines } from './unread-lines.ts';

const WORDS = { pass: 'ok', finding: 'look', unknown: '?' } as const;

/** A checklist for people: a page for each registry, with the first names of what is not so. */
export function checklistText(checklist: Checklist, style: Style = PLAIN): string {
  const lines = unreadLines(checklist).map((line) => style.remove(`not read: ${line}`));
  if (lines.length > 0) lines.push('');
  for (const registry of checklist.registries) lines.push(...page(registry, style), '');
  lines.push(verdict(checklist));
  return `${lines.join('\n')}\n`;
}

function page({ registry, repositories, images, tags, items }: RegistryChecklist, style: Style): string[] {
  const checks = Math.max(0, ...items.map(({ check }) => width(check)));
  const size = `${count(repositories, 'repository', 'repositories')}, ${count(images, 'image')}, ${count(tags, 'tag')}`;
  const paint = { pass: style.stay, finding: style.change, unknown: style.dim };
  const indent = ' '.repeat(checks + 10);
  return [
    `${style.bold(printable(registry))}  ${style.dim(size)}`,
    ...items.flatMap((item) => [
      `  ${paint[item.state](padEnd(WORDS[item.state], 4))}  ${padEnd(item.check, checks)}  ${itemLine(item)}`,
      ...(item.examples ? [`${indent}${style.dim(exampleLine(item))}`] : []),
      ...(item.next === undefined ? [] : [`${indent}${style.dim(`next: ${printable(item.next)}`)}`]),
    ]),
  ];
}

/** `images are signed: 3 of 12 are not; 2 not known, since …` */
export function itemLine({ message, state, count: bad = 0, of = 0, unknown = 0, why = '' }: ChecklistItem): string {
  const parts = [
    ...(state === 'finding' && bad > 0 ? [`${number(bad)} of ${number(of)} not so`] : []),
    ...(unknown > 0 ? [`${number(unknown)} not known: ${printable(why)}`] : []),
  ];
  return [printable(message), ...(parts.length > 0 ? [parts.join('; ')] : [])].join(' — ');
}

/** The first names of what is not so. */
export function exampleLine({ examples = [], count: bad = 0 }: ChecklistItem): string {
  return [...examples.map(printable), ...(bad > examples.length ? ['…'] : [])].join(', ');
}

/** `3 things to look at, 12 as they should be, 2 not known`. */
export function verdict({ registries }: Checklist): string {
  const states = registries.flatMap(({ items }) => items.map(({ state }) => state));
  const of = (state: ChecklistItem['state']): number => states.filter((one) => one === state).length;
  return `${count(of('finding'), 'thing')} to look at, ${number(of('pass'))} as they should be, ${number(of('unknown'))} not known`;
}
