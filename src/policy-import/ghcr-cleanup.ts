import { isDigest } from '../domain/digest.ts';
import type { ProtectSpec, RuleSpec } from '../policy/schema.ts';
import { BY_UPDATED, DRY_RUN, ownerIn, packageNotes, packagesOf } from './action-inputs.ts';
import { daysIn } from './days-in.ts';
import { globOf } from './glob-of.ts';
import { type Commented, FOR_ALL, type ImportedPolicy, keepsAll } from './imported-policy.ts';
import { originalGhcrCleanup } from './original/ghcr-cleanup.ts';
import { globsFoundBy, tagsFoundBy } from './whole-tag.ts';
import { ghcrWildcard, packagesFor } from './ghcr-packages.ts';
import type { CleanupInputs } from './settings/ghcr-cleanup.ts';

// https://github.com/dataaxiom/ghcr-cleanup-action: action.yml, src/config.ts (defaults), src/cleanup-orchestrator.ts and
// src/deletion-strategy.ts (what they mean). What "exclude-tags" finds is left alone, then what is newer than "older-than"; of what is left
// the newest N stay, among those with one of "delete-tags" where these are given. Lists are split at commas, and blanks belong to a tag.
/** The policy for a step that uses dataaxiom/ghcr-cleanup-action. */
export function importGhcrCleanup(uses: string, inputs: CleanupInputs, of: string | undefined): ImportedPolicy {
  const owner = ownerIn(of?.includes('/') ? undefined : of, inputs.owner);
  const packages = packagesFor(inputs) ?? [];
  const names = inputs.package ?? inputs.packages ?? '';
  const ownPackage = of?.includes('/') ? [globOf(of.toLowerCase())] : owner === undefined ? undefined : packagesOf(owner, ['**']);
  const repositories = packages.length > 0 ? packagesOf(owner, packages) : ownPackage;
  const excluded = excludedBy(inputs);
  return {
    name: `cleanup of ${names || 'the package of the repository'}`,
    comments: [
      `From a step that uses ${uses}.`,
      BY_UPDATED,
      ...(inputs['dry-run'] === undefined || inputs['dry-run'] === 'false' ? [] : [DRY_RUN]),
      ...(packages.length > 0 ? packageNotes(owner, names) : repositories ? [] : [FOR_ALL]),
      ...(inputs['delete-ghost-images'] || inputs['delete-partial-images']
        ? ['LEFT OUT: delete-ghost-images and delete-partial-images. Images whose parts are missing are selected like any other here.']
        : []),
    ],
    ...(repositories && { repositories }),
    // Without delete-tags an image goes with all its tags, and what an expression excludes loses none of them.
    ...((tagsToDelete(inputs) === undefined || excluded.rules.length > 0) && { sharedTags: 'keep' as const }),
    protect: excluded.protect,
    rules: [...excluded.rules, ...rulesOf(inputs)],
    original: originalGhcrCleanup(inputs),
  };
}

function rulesOf(inputs: CleanupInputs): Commented<RuleSpec>[] {
  const { 'older-than': olderThan, 'keep-n-tagged': keepTagged, 'keep-n-untagged': keepUntagged } = inputs;
  const toDelete = tagsToDelete(inputs);
  const about = olderThan === undefined ? [] : [`older-than: ${olderThan}`];
  const rules: Commented<RuleSpec>[] = [];
  if (toDelete !== undefined || keepTagged !== undefined) {
    const said = [...(toDelete === undefined ? [] : [`delete-tags: ${toDelete}`]), ...countWords('keep-n-tagged', keepTagged), ...about];
    const { tags, notes } = toDelete === undefined ? { tags: ['**'], notes: [] } : selectionOf(toDelete, inputs['use-regex'] === true);
    const comments = [said.join(', '), ...notes];
    if (tags === undefined) rules.push(keepsAll({ name: 'tagged', tags: ['**'] }, ...comments));
    else rules.push({ part: { name: 'tagged', tags, order: 'tagged', keep: keepOf(keepTagged, olderThan) }, comments });
  }
  const isDefault =
    toDelete === undefined &&
    keepTagged === undefined &&
    !inputs['delete-ghost-images'] &&
    !inputs['delete-partial-images'] &&
    !inputs['delete-orphaned-images'];
  if (keepUntagged !== undefined || (inputs['delete-untagged'] ?? isDefault))
    rules.push({
      part: { name: 'untagged', untagged: true, keep: keepOf(keepUntagged, olderThan) },
      comments: [
        [...(keepUntagged === undefined ? ['delete-untagged'] : countWords('keep-n-untagged', keepUntagged)), ...about].join(', '),
      ],
    });
  if (inputs['delete-orphaned-images'])
    rules.push({
      part: { name: 'orphaned', orphaned: true, keep: keepOf(undefined, olderThan) },
      comments: [['delete-orphaned-images', ...about].join(', '), 'Here, whatever is attached to an image that is gone.'],
    });
  return rules.length > 0
    ? rules
    : [keepsAll({ name: 'everything', tags: ['**'], untagged: 'too' }, 'It deletes nothing that is selected here.')];
}

/** What is newer than `olderThan` stays, and of what is older the newest `count`. */
function keepOf(count: number | undefined, olderThan: string | undefined): RuleSpec['keep'] {
  const days = olderThan === undefined ? 0 : (daysIn(olderThan) as number);
  if (days > 0) return { days, ...(count !== undefined && count > 0 && { older: count }) };
  return count !== undefined && count > 0 ? { last: count } : 'none';
}

function countWords(name: string, count: number | undefined): string[] {
  return count === undefined ? [] : [`${name}: ${count}`];
}

function tagsToDelete(inputs: CleanupInputs): string | undefined {
  return inputs.tags ?? inputs['delete-tags'];
}

/** The tags that are to go, and what of them is left out. Undefined: nothing says here which they are. */
function selectionOf(list: string, isRegex: boolean): { readonly tags: RuleSpec['tags']; readonly notes: readonly string[] } {
  if (isRegex) {
    const tags = tagsFoundBy(list);
    return { tags, notes: tags === undefined ? ['NOT IMPORTED: RE2 does not know this expression.'] : [] };
  }
  const entries = list.split(',');
  const never = entries.filter((entry) => /\s/.test(entry) || entry === '' || entry.includes(':'));
  const globs = entries.filter((entry) => !never.includes(entry)).map(ghcrWildcard);
  const left = never.map((entry) => entry.trim()).filter(Boolean);
  const notes =
    left.length === 0
      ? []
      : [`LEFT OUT: ${left.join(', ')}. A blank belongs to the tag there and no tag has one; digests are not selected.`];
  return { tags: globs.length > 0 ? globs : undefined, notes };
}

/** What "exclude-tags" leaves alone: whole images. */
function excludedBy(inputs: CleanupInputs): { readonly protect: Commented<ProtectSpec>[]; readonly rules: Commented<RuleSpec>[] } {
  const list = inputs['exclude-tags'];
  if (list === undefined) return { protect: [], rules: [] };
  const comments = [`exclude-tags: ${list}`];
  if (inputs['use-regex']) {
    const globs = globsFoundBy(list);
    if (globs) return { protect: [{ part: { tags: globs, wholeImage: true }, comments }], rules: [] };
    const tags = tagsFoundBy(list);
    if (tags) return { protect: [], rules: [keepsAll({ name: 'excluded', tags }, ...comments)] };
    const rule = { name: 'excluded', tags: ['**'], untagged: 'too' as const };
    return {
      protect: [],
      rules: [keepsAll(rule, ...comments, 'NOT IMPORTED: RE2 does not know this expression, so that all is excluded.')],
    };
  }
  const entries = list
    .split(/[,\n]/)
    .map((entry) => entry.trim())
    .filter(Boolean);
  const digests = entries.filter(isDigest);
  const tags = entries.filter((entry) => !entry.includes(':')).map(ghcrWildcard);
  return {
    protect: [
      ...(tags.length > 0 ? [{ part: { tags, wholeImage: true as const }, comments }] : []),
      ...(digests.length > 0 ? [{ part: { digests }, comments }] : []),
    ],
    rules: [],
  };
}
