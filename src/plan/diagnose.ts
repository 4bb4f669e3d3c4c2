import type { RepositoryInventory } from '../domain/inventory.ts';
import type { Policy } from '../policy/policy.ts';
import type { Diagnostic } from './plan.ts';
import type { PlannedRepository } from './plan-repository.ts';
import type { Surroundings } from './surroundings.ts';
import { knowsOrphans } from './untagged.ts';

/** What the reader of a plan should know of one repository. */
export function diagnose(
  { registry, repository, problems = [], notes = [], danglingTags = [], capabilities }: RepositoryInventory,
  { plan, tied }: PlannedRepository,
  policy: Policy | undefined,
  surroundings: Surroundings,
): Diagnostic[] {
  const found: Diagnostic[] = [];
  const tell = (code: Diagnostic['code'], message: string): void => void found.push({ code, registry, repository, message });
  if (!plan.complete) tell('incomplete', ['could not be read whole, so nothing in it is deleted', ...problems].join('; '));
  else if (danglingTags.length > 0)
    tell(
      'dangling_tags',
      'the manifests of these listed tags are not there, and the policy goes on without them: ' +
        namesOf(danglingTags.map(({ tag }) => tag)),
    );
  if (!policy) tell('ungoverned', 'no policy governs it, so it is left alone');
  else {
    if (plan.clock === 'created')
      tell('clock_fallback', 'the registry does not tell when an image was pushed: "pushed" is read as "created"');
    for (const message of cannot(policy, plan, capabilities, registry)) tell('cannot', message);
    for (const rule of tied)
      tell(
        'ties',
        `the rule "${rule}" keeps one image and deletes another that is as new by all times that are known: ` +
          'their digests decide between them',
      );
    if (plan.complete && policy.asksIfSigned && policy.signaturesIn && !surroundings.wereReadWhole(policy.signaturesIn))
      tell(
        'note',
        'not all the repositories of its signatures were read whole by this run, so an image without a known signature may have one: ' +
          'it stays where the policy asks',
      );
    if (orphansAreUnknown(policy, plan, surroundings))
      tell(
        'note',
        'attachments whose image is not in this repository stay, ' +
          'because not all repositories that may hold their images were read whole: name ' +
          'these repositories in "orphaned: {subjectsIn: […]}", and read them in the same run',
      );
    else if (orphansMayBeHeld(policy, plan, surroundings))
      tell(
        'note',
        'attachments whose image is not in this repository stay, because this run has not read all the repositories whose signatures ' +
          'are here by "signaturesIn": read the whole registry in one run, or have the policy that says so name its repositories ' +
          'without patterns',
      );
  }
  for (const message of notes) tell('note', message);
  if (plan.summary.images.archive !== undefined && plan.archiveMinimumDays !== undefined)
    tell(
      'note',
      `what goes into the archive of ${registry} is charged for at least ${plan.archiveMinimumDays} days, however soon it is deleted`,
    );
  return found;
}

/** What the policy asks for and the registry does not do. */
function cannot(
  { rules, sharedTags }: Policy,
  { images }: PlannedRepository['plan'],
  { listUntagged, deleteTag }: RepositoryInventory['capabilities'],
  registry: string,
): string[] {
  const staysByAnother =
    !deleteTag && sharedTags === 'untag' && images.some(({ reasons }) => reasons.some(({ code }) => code === 'shares_digest'));
  return [
    ...(rules.untagged.length > 0 && !listUntagged
      ? [`${registry} does not list images without a tag, so rules with "untagged" have nothing to select there`]
      : []),
    ...(rules.tagged.some(({ untaggedToo }) => untaggedToo) && !listUntagged
      ? [`${registry} does not list images without a tag, so rules with "untagged: too" count the tagged ones alone there`]
      : []),
    ...(staysByAnother ? [`${registry} cannot take one tag off an image that stays, so expired tags of such images stay too`] : []),
  ];
}

/**
 * True if no rule for orphaned attachments could be asked, because something that may hold the images was not read whole, or is not named.
 */
function orphansAreUnknown(
  { rules }: Policy,
  { images, summary, complete }: PlannedRepository['plan'],
  surroundings: Surroundings,
): boolean {
  if (!complete || !summary.orphaned || rules.orphaned.length === 0) return false;
  const isStore = images.every(({ part }) => part);
  return rules.orphaned.every((rule) => !knowsOrphans(rule, isStore, surroundings));
}

/**
 * True if the rules for orphaned attachments found none of what may be orphaned, because this repository has the signatures of others and
 * not all of those are known.
 */
function orphansMayBeHeld({ rules }: Policy, { summary, complete }: PlannedRepository['plan'], { staysAreKnown }: Surroundings): boolean {
  return complete && (summary.orphaned?.keep ?? 0) > 0 && rules.orphaned.length > 0 && !staysAreKnown;
}

/** As many names are told. */
const TOLD = 10;

function namesOf(tags: readonly string[]): string {
  const told = tags.slice(0, TOLD).join(', ');
  return tags.length <= TOLD ? told : `${told}, and ${tags.length - TOLD} more`;
}
