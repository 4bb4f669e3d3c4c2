import { quoted } from '../diagnostics/redact.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { repositoryKey } from '../domain/repository-key.ts';
import { type Digest, isDigest } from '../domain/digest.ts';
import { digestKey, parseDigestTag } from '../domain/attachment.ts';
import { isIndexType } from '../domain/media-types.ts';
import { copyName } from '../plan/copies.ts';
import type { Plan, RepositoryPlan, Step } from '../plan/plan.ts';
import { isDeleteReason, type ReasonCode } from '../plan/reason.ts';
import { DocumentProblem, must, throwProblem } from './document-problem.ts';
import { checkHeader, type Fields, fieldsOf } from './fields.ts';
import { DIGEST, FLAG, LIST, oneOf, OPERATION, REGISTRY_URL, REPOSITORY, TAG, TEXT, UTC_TIME } from './kinds.ts';
import { checkImageFacts, checkPlanFacts, checkReasonFacts, checkRepositoryFacts } from './plan-facts-check.ts';

const ACTION = oneOf(['keep', 'untag', 'archive', 'delete']);

/**
 * Checks everything in a plan that carrying it out relies on: that the document is a plan, and that each step is what the plan
 * decided for an image that it lists, in an order that breaks nothing. Throws `PLAN_INVALID`, naming the repository and the step.
 */
export function verifyPlan(value: unknown): Plan {
  const plan = verifyPlanHead(value);
  const seen = new Set<string>();
  for (const [index, repository] of plan.repositories.entries()) verifyRepositoryPlan(repository, index, seen);
  return plan;
}

/** The same for a plan without its repositories, which are checked by {@link verifyRepositoryPlan}, one after the other. */
export function verifyPlanHead(value: unknown): Plan {
  return orInvalid(() => {
    const plan = fieldsOf(value, '', throwProblem);
    checkHeader(plan, 'Plan');
    checkPlanFacts(plan);
    plan.required('createdAt', UTC_TIME);
    plan.required('now', UTC_TIME);
    for (const policy of plan.children('policies')) checkPolicy(policy);
    must(plan.required('applyable', FLAG) === (plan.required('blockedBy', LIST).length === 0), 'applyable', 'contradicts blockedBy');
    plan.required('repositories', LIST);
    return value as Plan;
  });
}

/** `seen` holds what was checked before, by its key; `index` is its place in the list of repositories. */
export function verifyRepositoryPlan(value: unknown, index: number, seen: Set<string>): RepositoryPlan {
  return orInvalid(() => {
    checkRepository(fieldsOf(value, `repositories[${index}]`, throwProblem), seen);
    return value as RepositoryPlan;
  });
}

function orInvalid<Checked>(check: () => Checked): Checked {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof DocumentProblem)) throw error;
    throw new ToolError('PLAN_INVALID', `the plan cannot be carried out: ${error.message}`, {
      hint: 'nothing was changed. Carry out the plan as "prune --plan-out" has written it, or make a new one',
      cause: error,
    });
  }
}

/**
 * Checks the list `steps` by itself: each step is whole, none is there twice, copies come first, then tags, and each manifest after all
 * that it names. Throws {@link DocumentProblem}.
 */
export function checkSteps(holder: Fields<never>): readonly Step[] {
  const tags = new Set<string>();
  const digests = new Set<Digest>();
  const archived = new Set<Digest>();
  const copied = new Set<string>();
  for (const step of holder.children('steps')) {
    const { at } = step;
    const op = step.required('op', OPERATION);
    const digest = step.required('digest', DIGEST);
    if (op === 'copy-image') {
      must(tags.size + digests.size + archived.size === 0, at, 'copies after something was changed');
      const key = `${digest} ${checkCopy(step, digest)}`;
      must(!copied.has(key), at, `copies ${digest} a second time`);
      copied.add(key);
      continue;
    }
    if (op === 'delete-tag') {
      const tag = step.required('tag', TAG);
      must(digests.size === 0, at, 'takes off a tag after the first manifest is deleted');
      must(!tags.has(tag), at, `takes off the tag ${tag} a second time`);
      tags.add(tag);
      continue;
    }
    const expect = step.requiredMap('expect', DIGEST);
    for (const tag of Object.keys(expect)) must(TAG.is(tag), step.path('expect'), `names ${quoted(tag)}, which is not a tag`);
    if (op === 'archive-manifest') {
      must(digests.size === 0, at, 'archives after the first manifest is deleted');
      step.requiredList('of', DIGEST);
      must(!archived.has(digest), at, `archives ${digest} a second time`);
      archived.add(digest);
      continue;
    }
    must(!digests.has(digest), at, `deletes ${digest} a second time`);
    for (const [tag, expected] of Object.entries(expect))
      must(expected === digest, step.path('expect'), `expects the tag ${quoted(tag)} on another digest`);
    const after = new Set<Digest>();
    for (const needed of step.requiredList('after', DIGEST)) {
      must(digests.has(needed), at, `comes before ${needed}, after which it has to come`);
      must(!after.has(needed), step.path('after'), `names ${needed} twice`);
      after.add(needed);
    }
    digests.add(digest);
  }
  return holder.object['steps'] as readonly Step[];
}

/** Checks one step that copies, and answers where it copies to. */
function checkCopy(step: Fields<never>, digest: Digest): string {
  const expect = step.requiredMap('expect', DIGEST);
  for (const [tag, expected] of Object.entries(expect)) {
    must(TAG.is(tag), step.path('expect'), `names ${quoted(tag)}, which is not a tag`);
    must(expected === digest, step.path('expect'), `expects the tag ${quoted(tag)} on another digest`);
  }
  step.requiredList('parts', DIGEST);
  const to = step.child('to');
  to.optional('url', REGISTRY_URL);
  return copyName({ to: { registry: to.required('registry', TEXT), repository: to.required('repository', REPOSITORY) } });
}

interface Image {
  readonly action: string;
  readonly mediaType: string;
  readonly tags: readonly string[];
  /** Without its attachment tags. */
  readonly ordinaryTags: readonly string[];
  readonly untag: ReadonlySet<string>;
  readonly copiedTo: readonly string[];
}

function checkPolicy(policy: Fields<never>): void {
  policy.required('name', TEXT);
  policy.required('source', TEXT);
  policy.required('digest', DIGEST);
}

function checkRepository(plan: Fields<never>, seen: Set<string>): void {
  const { at } = plan;
  const registry = plan.required('registry', TEXT);
  const name = plan.required('repository', REPOSITORY);
  const key = repositoryKey({ registry, repository: name });
  must(!seen.has(key), at, `is a second ${name} of ${quoted(registry)}`);
  seen.add(key);
  checkRepositoryFacts(plan);
  const images = checkImages(plan);
  const steps = checkSteps(plan);
  if (steps.length === 0) return;
  must(plan.object['complete'] === true, at, `has steps, although ${name} was not read whole`);
  plan.required('policy', TEXT);
  checkCopies(images, steps, at);
  for (const [index, step] of steps.entries()) checkStep(step, images, `${at}.steps[${index}] (${step.op} ${step.digest} in ${name})`);
}

function checkImages(plan: Fields<never>): Map<Digest, Image> {
  const images = new Map<Digest, Image>();
  const tagged = new Set<string>();
  for (const image of plan.children('images')) {
    const digest = image.required('digest', DIGEST);
    must(!images.has(digest), image.at, `is a second ${digest}`);
    const tags = image.requiredList('tags', TAG);
    for (const tag of tags) {
      must(!tagged.has(tag), image.path('tags'), `holds the tag ${tag}, which another image has too`);
      tagged.add(tag);
    }
    const attachmentTags = image.optionalList('attachmentTags', TAG) ?? [];
    for (const tag of attachmentTags) must(tags.includes(tag), image.path('attachmentTags'), `names ${tag}, which is not one of its tags`);
    checkImageFacts(image);
    const ordinaryTags = tags.filter((tag) => !attachmentTags.includes(tag));
    images.set(digest, { ...checkAction(image, tags), tags, ordinaryTags, copiedTo: image.optionalList('copiedTo', TEXT) ?? [] });
  }
  return images;
}

/** Checks that the action, the reasons and the tags to take off an image agree with each other. */
function checkAction(image: Fields<never>, tags: readonly string[]): Pick<Image, 'action' | 'mediaType' | 'untag'> {
  const { at } = image;
  const action = image.required('action', ACTION);
  const mediaType = image.required('mediaType', TEXT);
  const [untag, own] = [new Set(image.requiredList('untag', TAG)), new Set(tags)];
  must(untag.size > 0 === (action === 'untag'), image.path('untag'), `contradicts the action ${action}`);
  must(
    [...untag].every((tag) => own.has(tag)),
    image.path('untag'),
    'names a tag that the image does not have',
  );
  must(action !== 'untag' || untag.size < tags.length, image.path('untag'), 'leaves the image without a tag');
  must(image.required('reasons', LIST).length > 0, image.path('reasons'), 'is empty');
  for (const reason of image.children('reasons')) {
    const code = reason.required('code', TEXT);
    checkReasonFacts(reason);
    const deletes = isDeleteReason(code as ReasonCode);
    const { tag } = reason.object;
    if (action === 'delete') must(deletes, at, `is to be deleted, although it is kept: ${quoted(code)}`);
    if (typeof tag === 'string' && untag.has(tag)) must(deletes, at, `is to lose the tag ${tag}, although that is kept: ${quoted(code)}`);
  }
  return { action, mediaType, untag };
}

/** Checks that everything is copied that the plan says is, so that nothing is deleted without its copy. */
function checkCopies(images: ReadonlyMap<Digest, Image>, steps: readonly Step[], at: string): void {
  const copies = new Set(steps.flatMap((step) => (step.op === 'copy-image' ? [`${step.digest} ${copyName(step)}`] : [])));
  for (const [digest, { copiedTo }] of images)
    for (const name of copiedTo)
      must(copies.has(`${digest} ${name}`), at, `says that ${digest} is copied to ${name}, and has no step for that`);
}

/** Checks that a step does what was decided for its image, and no more. */
function checkStep(step: Step, images: ReadonlyMap<Digest, Image>, where: string): void {
  const image = images.get(step.digest);
  must(image !== undefined, where, 'is for an image that the plan does not list');
  if (step.op === 'copy-image') {
    must(image.copiedTo.includes(copyName(step)), where, 'copies an image that the plan does not copy there');
    const tags = Object.keys(step.expect);
    const expected = image.action === 'delete' ? image.ordinaryTags : tags.filter((tag) => image.untag.has(tag));
    must(
      (image.action === 'delete' || tags.length > 0) && expected.length === tags.length && expected.every((tag) => tags.includes(tag)),
      where,
      'does not expect just the tags that go by the plan',
    );
    return;
  }
  if (step.op === 'delete-tag') {
    must(image.untag.has(step.tag), where, `takes off the tag ${step.tag}, which the plan keeps`);
    return;
  }
  if (step.op === 'archive-manifest') {
    must(image.action === 'archive', where, 'archives an image that the plan does not archive');
    const expected = step.of.flatMap((digest) => {
      const one = images.get(digest);
      must(one?.action === 'archive', where, `archives it for ${digest}, which the plan does not archive`);
      return one.tags.map((tag): [string, Digest] => [tag, digest]);
    });
    must(step.of.includes(step.digest), where, 'is not for itself');
    must(
      expected.length === Object.keys(step.expect).length && expected.every(([tag, digest]) => step.expect[tag] === digest),
      where,
      'does not expect just the tags that the plan lists',
    );
    return;
  }
  must(image.action === 'delete', where, 'deletes an image that the plan keeps');
  const expected = new Set(Object.keys(step.expect));
  must(
    expected.size === image.tags.length && image.tags.every((tag) => expected.has(tag)),
    where,
    'does not expect just the tags that the plan lists',
  );
  for (const tag of expected) {
    const subject = subjectOf(tag, image, images);
    must(!subject || subject.action === 'delete', where, `deletes what the tag ${tag} attaches to an image that the plan keeps`);
  }
}

/** The image that a tag attaches its manifest to. Without a suffix, such a tag attaches an index alone. */
function subjectOf(tag: string, { mediaType }: Image, images: ReadonlyMap<Digest, Image>): Image | undefined {
  const digestTag = parseDigestTag(tag);
  if (!digestTag || (digestTag.suffix === '' && !isIndexType(mediaType))) return undefined;
  const { key } = digestTag;
  if (isDigest(key)) return images.get(key);
  // Of a longer digest, a tag holds the beginning.
  for (const [digest, image] of images) if (digestKey(digest) === key) return image;
  return undefined;
}
