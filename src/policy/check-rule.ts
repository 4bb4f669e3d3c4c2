import type * as z from 'zod';
import { isObject } from '../domain/json.ts';
import { isCapture } from './ordering/group.ts';
import { isTimeOrder, ORDERS } from './ordering/order.ts';
import { captureNames, regexProblem } from './regex.ts';

type Unchecked = Readonly<Record<string, unknown>>;
type Add = (message: string, ...path: string[]) => void;

/**
 * The relations between the keys of a rule, which the schema of each key cannot tell. Runs beside other problems, so that all are told at
 * once: nothing about the rule is certain but that it is a map.
 */
export function checkRule(rule: Unchecked, context: z.core.$RefinementCtx): void {
  const add: Add = (message, ...path) => context.addIssue({ code: 'custom', path, message });
  const { name: _name, keep, action, order: _order, per: _per, live: _live, ...selectors } = rule;
  if (Object.keys(selectors).length === 0) add('selects nothing: a rule needs a selector, such as tags: ["**"] for every tag');
  checkKinds(rule, add);
  checkContradictions(rule, add);
  checkOrder(rule, add);
  checkGroups(rule, add);
  if (isObject(keep)) checkKeep(keep, rule['per'], add);
  for (const key of ['live', 'gone']) checkLookUp(key, rule, add);
  if (rule['orphaned'] !== undefined && action !== undefined && action !== 'delete')
    add(`cannot be ${action === 'archive' ? action : '{copyTo}'} here: attachments of images that are gone are deleted or stay`, 'action');
}

/** A rule selects one kind of thing; only images without a tag may be counted beside tagged ones. */
function checkKinds(rule: Unchecked, add: Add): void {
  const { tags, untagged, orphaned } = rule;
  const isUntagged = untagged === true || untagged === 'too';
  const kinds = (['tags', 'untagged', 'orphaned'] as const).filter((kind) => (kind === 'untagged' ? isUntagged : rule[kind] !== undefined));
  for (const kind of kinds.slice(1)) {
    if (kind === 'untagged' && untagged === 'too') continue;
    const together = kind === 'untagged' ? '; "untagged: too" counts both together' : '';
    add(`cannot stand beside "${kinds[0]}": a rule selects tags, untagged images or orphaned attachments${together}`, kind);
  }
  if (untagged === 'too' && tags === undefined && orphaned === undefined)
    add('"too" counts untagged images beside tags, and there are no "tags" here: write true for untagged images alone', 'untagged');
}

/** Two selectors that no image can meet together. */
function checkContradictions({ signed, unsigned, vulnerabilities, unscanned }: Unchecked, add: Add): void {
  if (unsigned !== undefined && signed !== undefined) add('cannot stand beside "signed": say one of them', 'unsigned');
  if (unscanned !== undefined && vulnerabilities !== undefined)
    add('cannot stand beside "vulnerabilities": without a scan nothing was found', 'unscanned');
}

function checkOrder({ order, untagged, orphaned }: Unchecked, add: Add): void {
  const known = ORDERS.find((name) => name === order);
  if (known === undefined || isTimeOrder(known) || (untagged === undefined && orphaned === undefined)) return;
  const what = untagged === 'too' ? 'untagged images have' : 'what this rule selects has';
  add(`"${known}" reads tags, and ${what} none: use an order by time, such as pushed`, 'order');
}

function checkGroups({ per, tags, untagged, orphaned }: Unchecked, add: Add): void {
  if (typeof per !== 'string' || per === '') return;
  if ((untagged !== undefined || orphaned !== undefined) && per !== 'repository') {
    const what = untagged === 'too' ? 'untagged images have' : 'what this rule selects has';
    add(`groups by tags, and ${what} none`, 'per');
  } else if (isCapture(per)) {
    const problem = captureProblem(tags, per);
    if (problem !== undefined) add(`"${per}" is neither repository, major nor minor nor ${problem}`, 'per');
  } else if (capturesOf(tags)?.includes(per)) {
    add(`"${per}" has a meaning of its own here, and the expression has a capture of that name: give that another name`, 'per');
  }
}

function checkKeep({ last, days, pulledDays, max, label, older, groups, maxGroups }: Unchecked, per: unknown, add: Add): void {
  if (max !== undefined && last !== undefined && days === undefined && pulledDays === undefined && label === undefined)
    add('"max" says nothing beside "last" alone: it bounds what days, pulledDays and label keep', 'keep', 'max');
  if (older !== undefined && days === undefined) add('"older" needs "days" beside it: it counts those that are older', 'keep', 'older');
  for (const [key, value] of Object.entries({ groups, maxGroups })) {
    if (value === undefined) continue;
    if (per === undefined || (typeof per === 'string' && per !== '' && !isCapture(per)))
      add(`"${key}" needs a capture of tags.regex in "per", such as per: branch: it counts the groups that this makes`, 'keep', key);
    else if (key === 'groups' && last === undefined && max === undefined)
      add('"groups" needs "last" or "max" beside it: it says in how many groups these count', 'keep', key);
    else if (key === 'maxGroups' && days === undefined && pulledDays === undefined && label === undefined)
      add('"maxGroups" needs "days", "pulledDays" or "label" beside it: it bounds what these keep', 'keep', key);
  }
}

/** What is looked up in a list of names that exist must be a capture of the tag. */
function checkLookUp(key: string, rule: Unchecked, add: Add): void {
  const lookUp = rule[key];
  if (!isObject(lookUp)) return;
  for (const capture of Object.keys(lookUp)) {
    const problem = captureProblem(rule['tags'], capture);
    if (problem !== undefined) add(`"${capture}" is not ${problem}`, key, capture);
  }
  if (key === 'gone' && isObject(rule['live']))
    add('selects what does not exist any more, and "live" keeps only what exists: leave out one of them', key);
  if (key === 'gone' && rule['untagged'] === 'too') add('reads tags, and untagged images have none', key);
}

/** What a name should be that is not a capture of the expression; undefined for one that is, and where the expression is wrong anyway. */
function captureProblem(tags: unknown, name: string): string | undefined {
  const names = capturesOf(tags);
  if (names === undefined || names.includes(name)) return undefined;
  return `a capture of the rule's tags.regex${names.length > 0 ? `, which has ${names.join(', ')}` : ', such as (?<branch>.+)'}`;
}

/** The captures of a rule's expression, none without one; undefined where the expression is wrong. */
function capturesOf(tags: unknown): readonly string[] | undefined {
  const pattern = isObject(tags) ? tags['regex'] : undefined;
  if (pattern === undefined) return [];
  return typeof pattern === 'string' && regexProblem(pattern) === undefined ? captureNames(pattern) : undefined;
}
