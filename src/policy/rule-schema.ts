import semver from 'semver';
import * as z from 'zod';
import { SEVERITIES } from '../domain/inventory.ts';
import { isObject } from '../domain/json.ts';
import { checkRule } from './check-rule.ts';
import { parseCopyTarget } from './copy-target.ts';
import { globMap, plainGlobs, plainTagGlobs, repositoryGlobs, tagGlobs } from './glob-schemas.ts';
import { ORDERS } from './ordering/order.ts';
import { regexProblem } from './regex.ts';
import { count, days, duration, isTrue, size } from './scalar-schemas.ts';

const regex = z.string().superRefine((pattern, context) => {
  const problem = regexProblem(pattern);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: `the expression ${problem}` });
});
const range = z.string().superRefine((text, context) => {
  const problem = rangeProblem(text);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});

function rangeProblem(text: string): string | undefined {
  if (semver.validRange(text) === null) return 'not a semver range, such as ">=1.0.0 <2.0.0"';
  if (text.split('||').some((part) => part.trim() === '')) return 'an empty range is every version: write "*" if that is meant';
  const empty = new semver.Range(text, { includePrerelease: true }).set.find(holdsNothing);
  return empty && `no version is in ${empty.map(({ value }) => value).join(' ')}: its lower bound is above its upper one`;
}

/** True of bounds that must all hold and contradict each other. */
function holdsNothing(bounds: readonly semver.Comparator[]): boolean {
  return bounds.some((low) => bounds.some((high) => contradict(low, high)));
}

function contradict(low: semver.Comparator, high: semver.Comparator): boolean {
  if (low.operator.startsWith('<') || high.operator.startsWith('>') || low.value === '' || high.value === '') return false;
  const order = semver.compare(low.semver, high.semver);
  return order > 0 || (order === 0 && (low.operator === '>' || high.operator === '<'));
}

const TagSelector = z
  .union([
    tagGlobs.describe('Globs over whole tags, such as ["v*", "!v0.*"]: some plain one must match, no "!" one may.'),
    z
      .strictObject({
        include: plainTagGlobs.optional().describe('Globs of which one must match; default every tag.'),
        exclude: plainTagGlobs.optional().describe('Globs of which none may match.'),
        regex: regex.optional().describe('An RE2 expression for the whole tag; captures such as (?<branch>.+) can be named by "per".'),
        semver: range
          .optional()
          .describe(
            'A semver range, such as ">=1.0.0 <2.0.0", for tags with an optional leading "v" and with "_" for "+". A prerelease is in it ' +
              'by its order: 2.0.0-rc.1 is before 2.0.0 and so in this range, 1.0.0-rc.1 is not; "^1.0.0", "~1.0" and "1.x" end before ' +
              'the prereleases of the next version. Tags that are not a whole version, such as v1 or 1.2, are not selected.',
          ),
      })
      .refine((tags) => Object.keys(tags).length > 0, { error: 'needs at least one of include, exclude, regex and semver' })
      .meta({ minProperties: 1 }),
  ])
  .describe('Which tags: a list of globs, or a map of include, exclude, regex and semver that must all hold.');

const Keep = z
  .union([
    z.enum(['all', 'none']).describe('all: nothing expires. none: everything expires.'),
    z
      .strictObject({
        last: count.optional().describe('The newest N of each group, counted over all and not over the old ones alone.'),
        days: days.optional().describe('Those no older than D days of 24 hours, by the time that "order" names.'),
        pulledDays: days
          .optional()
          .describe(
            'Those pulled within the last D days and, where "days" is not given, those no older than D days. Needs a registry that ' +
              'records pulls.',
          ),
        max: count.optional().describe('Of what days, pulledDays and label keep, no more than the newest N; on its own, the newest N.'),
        label: z
          .string()
          .min(1)
          .optional()
          .describe(
            'Those no older than the duration in this label of the image itself, such as expires: 3w. An image whose label ' +
              'cannot be read stays, unless another word keeps or expires it. Needs a registry that tells labels.',
          ),
        older: count.optional().describe('Beside "days": of those that are older, the newest N stay too. "max" does not bound them.'),
        groups: count
          .optional()
          .describe(
            'With a capture in "per": "last" and "max" count in the newest N groups only. In the others, "max" does not bound what days, ' +
              'pulledDays and label keep.',
          ),
        maxGroups: count
          .optional()
          .describe('With a capture in "per": what days, pulledDays and label keep, they keep in the newest N groups only.'),
      })
      .refine((keep) => Object.keys(keep).length > 0, {
        error: 'needs at least one of last, days, pulledDays, max, label, older, groups and maxGroups',
      })
      .meta({ minProperties: 1 }),
  ])
  .describe('What stays of what the rule selects; the rest expires. What any of last, days, pulledDays, label and older keeps is kept.');

const captureInList = z
  .record(z.string().min(1), z.string().min(1))
  .refine((lookUp) => Object.keys(lookUp).length === 1, { error: 'needs one capture and the list that it is looked up in' })
  .meta({ minProperties: 1, maxProperties: 1 })
  .optional();

/** A rule as written. */
export const RuleSpec = z
  .strictObject({
    name: z.string().min(1).describe('Shown in plans as the reason; unique within the policy.'),
    tags: TagSelector.optional(),
    untagged: z
      .literal([true, 'too'], { error: 'can only be true or too: leave it out otherwise' })
      .optional()
      .describe(
        'true, instead of tags: selects images without a tag that nothing refers to. too, beside tags: selects them besides, and counts ' +
          'them together with the tagged ones.',
      ),
    orphaned: z
      .union([
        z.literal(true),
        z.strictObject({
          subjectsIn: repositoryGlobs.describe('Globs over the names of the repositories that the attachments of this one may belong to.'),
        }),
      ])
      .optional()
      .describe(
        'Selects signatures and other attachments whose image is gone, instead of tags. In a repository that holds attachments alone, ' +
          'say where their images are: {subjectsIn: ["team/**"]}.',
      ),
    labels: globMap.optional().describe('Labels that the image must have, with values that match these globs; "*" asks for any value.'),
    annotations: globMap
      .optional()
      .describe('Annotations that the manifest must have, with values that match these globs; "*" asks for any value.'),
    mediaTypes: plainGlobs.optional().describe('Globs over the media type of the manifest.'),
    artifactTypes: plainGlobs.optional().describe('Globs over the artifact type of the manifest.'),
    platforms: plainGlobs.optional().describe('Globs over os/architecture[/variant]; of an index, one of its children must match.'),
    largerThan: size.optional().describe('Images larger than this.'),
    signed: z.boolean().optional().describe('Images that have a signature (true) or have none (false).'),
    unsigned: isTrue
      .optional()
      .describe('Images to which no signature is attached. Needs a registry that tells all that is attached to an image.'),
    vulnerabilities: z
      .strictObject({
        atLeast: z.enum(SEVERITIES).describe('The mildest severity that selects.'),
        fixable: isTrue.optional().describe('Only findings that have a fix.'),
        olderThan: duration
          .optional()
          .describe(
            'Only findings that have been known for longer than this: since they were published or, where that is not told, since the ' +
              'scan that found them.',
          ),
      })
      .optional()
      .describe(
        'Images whose last scan found something of this kind, by the registry or by the reports under "findings" in the config; of an ' +
          'index, also the images that it lists. An image without a scan, or whose scan does not tell what is asked, is not selected.',
      ),
    unscanned: isTrue
      .optional()
      .describe('Images without a scan, by the registry or in a report; where one is under way or went wrong, that is not known.'),
    noSbom: isTrue
      .optional()
      .describe(
        'Images without an SBOM attached, to them or to an image that they list. Needs a registry that tells all that is attached; an ' +
          'image with an attestation of an unknown kind is not selected.',
      ),
    order: z
      .enum(ORDERS)
      .optional()
      .describe(
        'What "newest" means; default pushed. semver, numeric and alphabetical read the tag, the others a time: pulled is the last pull, ' +
          'or the push where there was none; active is the newer of push and pull.',
      ),
    per: z
      .string()
      .min(1)
      .optional()
      .describe(
        'One group for each: repository (default), major or minor version, or a capture of tags.regex. "keep" counts in each group by ' +
          'itself.',
      ),
    gone: captureInList.describe(
      'A capture of tags.regex and a list from "lists" in the config, such as {branch: branches}: selects the tags whose capture names ' +
        'nothing in that list; the others go on to the next rule.',
    ),
    live: captureInList.describe(
      'A capture of tags.regex and a list from "lists" in the config, such as {branch: branches}: a tag whose capture names something ' +
        'in that list is kept, the others go on to "keep".',
    ),
    keep: Keep,
    action: z
      .union([
        z.enum(['delete', 'archive']),
        z.strictObject({
          copyTo: z
            .string()
            .refine((text) => parseCopyTarget(text) !== undefined, {
              error: 'not a place to copy to: write a registry of the config or its host, and what names begin with, such as cold/archive',
            })
            .describe(
              'A registry of the config, or its host, and what the names of the copies begin with: with cold/archive, ' +
                'team/app is copied to ' +
                'archive/team/app of the registry cold.',
            ),
        }),
      ])
      .optional()
      .describe(
        'What happens to an image that expires; default delete. archive: it stays, in the archive of the registry, from where it must be ' +
          'restored before it can be pulled. {copyTo: cold/archive}: it is copied elsewhere with all that belongs to it, ' +
          'and deleted once the ' +
          'copy is whole.',
      ),
  })
  .superRefine(checkRule, { when: ({ value }) => isObject(value) })
  .describe('What it selects, and what of that it keeps.');
