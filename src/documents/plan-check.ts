import { quoted } from '../diagnostics/redact.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Digest } from '../domain/digest.ts';
import { attachmentTagSubject } from '../domain/tag.ts';
import type { Plan, Step } from '../plan/plan.ts';
import { isDeleteReason, type ReasonCode } from '../plan/reason.ts';
import {
  digestAt,
  DocumentProblem,
  headerAt,
  type JsonObject,
  listAt,
  must,
  objectAt,
  repositoryAt,
  tagAt,
  textAt,
  timeAt,
} from './document-checks.ts';

/**
 * Checks everything in a plan that carrying it out relies on: that it is one, and that each step is what the plan decided for an image that it lists, in an
 * order that breaks nothing. Throws `PLAN_INVALID`, naming the repository and the step.
 */
export function verifyPlan(value: unknown): Plan {
  try {
    const plan = headerAt(value, 'Plan');
    textAt(objectAt(plan['tool'], 'tool')['version'], 'tool.version');
    timeAt(plan['createdAt'], 'createdAt');
    timeAt(plan['now'], 'now');
    for (const [index, policy] of listAt(plan['policies'], 'policies').entries()) checkPolicy(policy, `policies[${index}]`);
    const blocks = listAt(plan['blockedBy'], 'blockedBy');
    for (const [index, block] of blocks.entries()) textAt(objectAt(block, `blockedBy[${index}]`)['message'], `blockedBy[${index}].message`);
    must(plan['applyable'] === (blocks.length === 0), 'applyable', 'contradicts blockedBy');
    const seen = new Set<string>();
    for (const [index, repository] of listAt(plan['repositories'], 'repositories').entries())
      checkRepository(repository, `repositories[${index}]`, seen);
    return value as Plan;
  } catch (error) {
    if (!(error instanceof DocumentProblem)) throw error;
    throw new ToolError('PLAN_INVALID', `the plan cannot be carried out: ${error.message}`, {
      hint: 'nothing was changed. Carry out the plan as "prune --plan-out" has written it, or make a new one',
      cause: error,
    });
  }
}

/** Checks a list of steps by itself: each whole, none twice, tags first, and each manifest after all that it names. */
export function checkSteps(value: unknown, where: string): readonly Step[] {
  const tags = new Set<string>();
  const digests = new Set<Digest>();
  const archived = new Set<Digest>();
  for (const [index, entry] of listAt(value, where).entries()) {
    const at = `${where}[${index}]`;
    const step = objectAt(entry, at);
    const digest = digestAt(step['digest'], `${at}.digest`);
    if (step['op'] === 'delete-tag') {
      const tag = tagAt(step['tag'], `${at}.tag`);
      must(digests.size === 0, at, 'takes off a tag after the first manifest is deleted');
      must(!tags.has(tag), at, `takes off the tag ${tag} a second time`);
      tags.add(tag);
      continue;
    }
    if (step['op'] === 'archive-manifest') {
      must(digests.size === 0, at, 'archives after the first manifest is deleted');
      for (const one of listAt(step['of'], `${at}.of`)) digestAt(one, `${at}.of`);
      for (const [tag, expected] of Object.entries(objectAt(step['expect'], `${at}.expect`)))
        digestAt(expected, `${at}.expect of ${quoted(tagAt(tag, `${at}.expect`))}`);
      must(!archived.has(digest), at, `archives ${digest} a second time`);
      archived.add(digest);
      continue;
    }
    must(step['op'] === 'delete-manifest', `${at}.op`, 'is none of delete-tag, archive-manifest, delete-manifest');
    must(!digests.has(digest), at, `deletes ${digest} a second time`);
    for (const [tag, expected] of Object.entries(objectAt(step['expect'], `${at}.expect`))) {
      must(
        digestAt(expected, `${at}.expect`) === digest,
        `${at}.expect`,
        `expects the tag ${quoted(tagAt(tag, `${at}.expect`))} on another digest`,
      );
    }
    const after = new Set<Digest>();
    for (const holder of listAt(step['after'], `${at}.after`)) {
      const needed = digestAt(holder, `${at}.after`);
      must(digests.has(needed), at, `comes before ${needed}, after which it has to come`);
      must(!after.has(needed), `${at}.after`, `names ${needed} twice`);
      after.add(needed);
    }
    digests.add(digest);
  }
  return value as readonly Step[];
}

interface Image {
  readonly action: string;
  readonly tags: readonly string[];
  readonly untag: readonly string[];
}

function checkPolicy(value: unknown, where: string): void {
  const policy = objectAt(value, where);
  textAt(policy['name'], `${where}.name`);
  textAt(policy['source'], `${where}.source`);
  digestAt(policy['digest'], `${where}.digest`);
}

function checkRepository(value: unknown, where: string, seen: Set<string>): void {
  const plan = objectAt(value, where);
  const registry = textAt(plan['registry'], `${where}.registry`);
  const name = repositoryAt(plan['repository'], `${where}.repository`);
  const key = JSON.stringify([registry, name]);
  must(!seen.has(key), where, `is a second ${name} of ${quoted(registry)}`);
  seen.add(key);
  const images = checkImages(listAt(plan['images'], `${where}.images`), `${where}.images`);
  const steps = checkSteps(plan['steps'], `${where}.steps`);
  if (steps.length === 0) return;
  must(plan['complete'] === true, where, `has steps, although ${name} was not read whole`);
  textAt(plan['policy'], `${where}.policy`);
  for (const [index, step] of steps.entries()) checkStep(step, images, `${where}.steps[${index}] (${step.op} ${step.digest} in ${name})`);
}

function checkImages(values: readonly unknown[], where: string): Map<Digest, Image> {
  const images = new Map<Digest, Image>();
  const tagged = new Set<string>();
  for (const [index, value] of values.entries()) {
    const at = `${where}[${index}]`;
    const image = objectAt(value, at);
    const digest = digestAt(image['digest'], `${at}.digest`);
    must(!images.has(digest), at, `is a second ${digest}`);
    const tags = listAt(image['tags'], `${at}.tags`).map((tag) => tagAt(tag, `${at}.tags`));
    for (const tag of tags) {
      must(!tagged.has(tag), `${at}.tags`, `holds the tag ${tag}, which another image has too`);
      tagged.add(tag);
    }
    images.set(digest, { action: checkAction(image, tags, at), tags, untag: image['untag'] as readonly string[] });
  }
  return images;
}

/** The action, once the image's reasons and tags to take off agree with it. */
function checkAction(image: JsonObject, tags: readonly string[], where: string): string {
  const action = image['action'];
  must(
    action === 'keep' || action === 'untag' || action === 'archive' || action === 'delete',
    `${where}.action`,
    'is none of keep, untag, archive, delete',
  );
  const untag = new Set(listAt(image['untag'], `${where}.untag`).map((tag) => tagAt(tag, `${where}.untag`)));
  must(untag.size > 0 === (action === 'untag'), `${where}.untag`, `contradicts the action ${action}`);
  must(
    [...untag].every((tag) => tags.includes(tag)),
    `${where}.untag`,
    'names a tag that the image has not',
  );
  must(action !== 'untag' || untag.size < tags.length, `${where}.untag`, 'leaves the image without a tag');
  const reasons = listAt(image['reasons'], `${where}.reasons`).map((reason) => objectAt(reason, `${where}.reasons`));
  must(reasons.length > 0, `${where}.reasons`, 'is empty');
  for (const reason of reasons) {
    const code = textAt(reason['code'], `${where}.reasons`);
    const deletes = isDeleteReason(code as ReasonCode);
    const { tag } = reason as { tag?: unknown };
    if (action === 'delete') must(deletes, where, `is to be deleted, although it is kept: ${quoted(code)}`);
    if (typeof tag === 'string' && untag.has(tag))
      must(deletes, where, `is to lose the tag ${tag}, although that is kept: ${quoted(code)}`);
  }
  return action;
}

/** A step is what was decided for its image, no more. */
function checkStep(step: Step, images: ReadonlyMap<Digest, Image>, where: string): void {
  const image = images.get(step.digest);
  must(image !== undefined, where, 'is for an image that the plan does not list');
  if (step.op === 'delete-tag') {
    must(image.untag.includes(step.tag), where, `takes off the tag ${step.tag}, which the plan keeps`);
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
    const subject = images.get(attachmentTagSubject(tag) ?? '');
    must(
      subject === undefined || subject.action === 'delete',
      where,
      `deletes what the tag ${tag} attaches to an image that the plan keeps`,
    );
  }
}
