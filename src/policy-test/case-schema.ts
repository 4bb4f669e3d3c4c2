import * as z from 'zod';
import type { Path } from '../config/yaml-document.ts';
import { didYouMean } from '../diagnostics/nearest.ts';
import { parseDuration } from '../domain/duration.ts';
import { SEVERITIES } from '../domain/inventory.ts';
import { isObject } from '../domain/json.ts';
import { isRepositoryName } from '../domain/reference.ts';
import { parseTime } from '../domain/time.ts';
import { DELETE_REASONS, KEEP_REASONS, type ReasonCode } from '../plan/reason.ts';
import { isTrue, size } from '../policy/scalar-schemas.ts';

const NOT_AN_AGE = 'not an age, such as 12h or 40d, nor a time, such as 2026-11-24T03:00:00Z';
const NOT_A_TIME = 'not a time with its zone, such as 2026-11-24T03:00:00Z';

/** How long ago something was, or when. */
const age = z
  .string({ error: NOT_AN_AGE })
  .refine((text) => parseDuration(text) !== undefined || parseTime(text) !== undefined, { error: NOT_AN_AGE })
  .meta({ examples: ['12h', '40d', '2026-11-24T03:00:00Z'] });
/** A time with its zone. */
export const time = z.string({ error: NOT_A_TIME }).refine((text) => parseTime(text) !== undefined, { error: NOT_A_TIME });
const texts = z.record(z.string().min(1), z.string());
const flag = z.boolean().optional();

/** An image of a case, with all that may be said of it. */
const ImageSpec = z.strictObject({
  pushed: age.optional().describe('How long ago it was pushed, or when; default as "created".'),
  created: age.optional().describe('How long ago it was built, or when; default as "pushed". An image with neither has no known time.'),
  pulled: age.optional().describe('How long ago it was last pulled, or when. Left out: never.'),
  tagged: age.optional().describe('How long ago its tags were set, or when; default as "pushed".'),
  tags: z.array(z.string().min(1)).min(1).optional().describe('Its other tags, besides its name.'),
  untagged: isTrue.optional().describe('It has no tag: its name is only what this case calls it.'),
  orphaned: isTrue.optional().describe('A signature whose image is gone: its name is only what this case calls it.'),
  platforms: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('A multi-arch image, with a child for each of these, such as linux/arm64.'),
  signed: isTrue.optional().describe('A signature is attached to it.'),
  sbom: isTrue.optional().describe('An SBOM is attached to it.'),
  locked: isTrue.optional().describe('The registry has locked it.'),
  labels: texts.optional().describe('Its labels.'),
  annotations: texts.optional().describe('The annotations of its manifest.'),
  mediaType: z.string().min(1).optional().describe('The media type of its manifest.'),
  artifactType: z.string().min(1).optional().describe('The artifact type of its manifest.'),
  vulnerability: z.enum(SEVERITIES).optional().describe('The worst finding of its last scan.'),
  findings: z
    .array(
      z.strictObject({
        severity: z.enum(SEVERITIES).describe('How bad it is.'),
        fixable: flag.describe('There is a version that mends it. Left out: not told.'),
        since: age.optional().describe('How long ago it became known, or when. Left out: not told.'),
      }),
    )
    .optional()
    .describe('The findings of its last scan; an empty list: the scan found nothing.'),
  size: size.optional().describe('Its size; default 0.'),
});
export type ImageSpec = z.infer<typeof ImageSpec>;

const capabilities = z
  .strictObject({
    deleteTag: flag.describe('One tag can be taken off, and the others of its image stay.'),
    listUntagged: flag.describe('Images without a tag are listed.'),
    pushedAt: flag.describe('It tells when an image was pushed.'),
    createdAt: flag.describe('It tells when an image was built.'),
    pulledAt: flag.describe('It tells when an image was last pulled.'),
    tagTimes: flag.describe('It tells when a tag was set.'),
    labels: flag.describe('It tells labels.'),
    annotations: flag.describe('It tells annotations.'),
    platforms: flag.describe('It tells platforms.'),
    artifactType: flag.describe('It tells artifact types.'),
    vulnerability: flag.describe('It tells scan results.'),
    fixable: flag.describe('It tells which findings have a fix.'),
    findingTimes: flag.describe('It tells since when findings are known.'),
    attachments: flag.describe('All that is attached to an image is seen.'),
    cascades: flag.describe('It deletes along what belongs to a deleted image; default false.'),
    archive: flag.describe('It has an archive.'),
  })
  .optional()
  .describe('What the registry of the images can do and tell; default everything.');

const ACTIONS = ['keep', 'untag', 'archive', 'delete'] as const;
const CODES = Object.keys({ ...KEEP_REASONS, ...DELETE_REASONS }) as [ReasonCode, ...ReasonCode[]];
const action = z.enum(ACTIONS);
const code = z.enum(CODES, {
  error: ({ input }) => `not the code of a reason, such as newest or expired${typeof input === 'string' ? didYouMean(input, CODES) : ''}`,
});

/** A case as written in a file of cases. */
export const CaseSpec = z
  .strictObject({
    name: z.string().min(1).describe('What the case shows; unique in its file.'),
    images: z
      .record(z.string().min(1), z.union([age, ImageSpec]))
      .optional()
      .describe('The images of one repository, each by a tag of it: how long ago it was pushed, or a map that says more.'),
    inventory: z.string().min(1).optional().describe('In place of images: a file that "inventory" has written.'),
    registry: z.string().min(1).optional().describe('The registry of the images; default one that the policy is for.'),
    repository: z
      .string()
      .refine(isRepositoryName, { error: 'not the name of a repository, such as team/app' })
      .optional()
      .describe('The repository of the images; default one that the policy governs.'),
    capabilities,
    now: time.optional().describe('As of when it is decided, in place of that of the file.'),
    inUse: z.array(z.string().min(1)).min(1).optional().describe('What is in use: names of images of this case, references, or digests.'),
    lists: z
      .record(z.string().min(1), z.array(z.string().min(1)))
      .optional()
      .describe('What the lists of the config name, for rules with "live".'),
    expect: z
      .record(z.string().min(1), z.union([action, z.tuple([action], code)]))
      .optional()
      .describe('What becomes of each tag: keep, untag, archive or delete; in a list, with codes of reasons. What goes must stand here.'),
  })
  // Beside other problems too, so that all are told at once.
  .superRefine(checkCase, { when: ({ value }) => isObject(value) });
export type CaseSpec = z.infer<typeof CaseSpec>;

/** The images are in the case, or in a file. Nothing about the case is certain but that it is a map. */
function checkCase(spec: CaseSpec, context: z.core.$RefinementCtx): void {
  const { images, inventory, registry, repository, capabilities: can } = spec;
  const add = (path: Path, message: string): void => context.addIssue({ code: 'custom', path: [...path], message });
  if (images === undefined && inventory === undefined) add([], 'needs "images" or "inventory": what is there');
  if (inventory === undefined) return;
  for (const [key, value] of Object.entries({ images, registry, repository, capabilities: can }))
    if (value !== undefined) add([key], 'cannot stand beside "inventory", which says what is there');
}
