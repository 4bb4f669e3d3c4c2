import type { Fields } from './fields.ts';
import { ANY_TEXT, BYTES, COUNT, DAYS, DIGEST, FLAG, IMAGE_NAME, NUMBER, oneOf, REGISTRY_URL, REPOSITORY, TEXT } from './kinds.ts';

const CLOCK = oneOf(['pushed', 'created', 'none']);

/**
 * Checks what a plan tells besides its decisions, since its readers rely on that too: what it was made with, what blocks it, what could not
 * be read, what its reader should know, and the totals.
 */
export function checkPlanFacts(plan: Fields<never>): void {
  const tool = plan.child('tool');
  tool.required('name', TEXT);
  tool.required('version', TEXT);
  plan.optionalList('inUse', TEXT);
  for (const block of plan.children('blockedBy')) {
    block.required('code', TEXT);
    block.required('message', TEXT);
    block.optional('policy', TEXT);
    block.optional('limit', NUMBER);
    block.optional('actual', NUMBER);
  }
  if (plan.object['unread'] !== undefined)
    for (const unread of plan.children('unread')) {
      unread.required('registry', TEXT);
      unread.optional('repository', TEXT);
      unread.required('code', TEXT);
      unread.required('message', TEXT);
    }
  for (const diagnostic of plan.children('diagnostics')) {
    diagnostic.required('code', TEXT);
    diagnostic.required('message', TEXT);
    for (const key of ['registry', 'repository', 'policy']) diagnostic.optional(key, TEXT);
  }
  checkSummary(plan);
}

/** The same for what is told of a repository besides its images and steps. */
export function checkRepositoryFacts(repository: Fields<never>): void {
  repository.required('type', TEXT);
  repository.optional('url', REGISTRY_URL);
  repository.optionalList('names', IMAGE_NAME);
  repository.optional('policy', TEXT);
  repository.required('complete', FLAG);
  if (repository.object['signaturesIn'] !== undefined) {
    const elsewhere = repository.child('signaturesIn');
    elsewhere.requiredList('repositories', REPOSITORY);
    elsewhere.requiredList('signed', DIGEST);
  }
  repository.optional('archiveMinimumDays', DAYS);
  repository.required('clock', CLOCK);
  repository.optional('recoverableDays', DAYS);
  repository.optional('undo', FLAG);
  checkSummary(repository);
}

/** The same for what is told of an image besides what is decided about it. Times are told as the registry wrote them. */
export function checkImageFacts(image: Fields<never>): void {
  image.required('mediaType', TEXT);
  image.required('size', BYTES);
  for (const time of ['pushedAt', 'createdAt', 'pulledAt']) image.optional(time, ANY_TEXT);
  image.optionalMap('tagTimes', ANY_TEXT);
  image.optionalList('registryLabels', TEXT);
  image.optional('part', FLAG);
}

/** The same for what is told of a reason besides its code. */
export function checkReasonFacts(reason: Fields<never>): void {
  for (const key of ['tag', 'rule', 'group', 'time', 'by']) reason.optional(key, ANY_TEXT);
  for (const key of ['rank', 'ageDays']) reason.optional(key, NUMBER);
  reason.optional('pulled', FLAG);
  if (reason.object['finding'] === undefined) return;
  const finding = reason.child('finding');
  finding.required('severity', TEXT);
  finding.required('count', COUNT);
  finding.optional('fixable', FLAG);
  for (const key of ['since', 'id']) finding.optional(key, ANY_TEXT);
}

function checkSummary(holder: Fields<never>): void {
  const summary = holder.child('summary');
  const images = summary.child('images');
  for (const key of ['keep', 'untag', 'delete']) images.required(key, COUNT);
  images.optional('archive', COUNT);
  const counted = summary.object['orphaned'] === undefined ? ['tags'] : ['tags', 'orphaned'];
  if (summary.object['leftovers'] !== undefined) summary.child('leftovers').required('delete', COUNT);
  for (const key of counted) for (const what of ['keep', 'delete']) summary.child(key).required(what, COUNT);
  summary.optional('copied', COUNT);
  const bytes = summary.child('bytes');
  for (const key of ['deleted', 'freed']) bytes.required(key, BYTES);
  bytes.required('exact', FLAG);
}
