import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { withoutByteOrderMark } from './byte-order-mark.ts';
import { ByteWindow } from './byte-window.ts';
import { readerOf } from './document-bytes.ts';
import { listElements, PartTooLong } from './list-elements.ts';
import { openDocument } from './open-document.ts';
import { quoted } from '../diagnostics/redact.ts';
import { unreadable } from '../diagnostics/source.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { type Digest, digestOf } from '../domain/digest.ts';
import { DAY_MS, parseTime } from '../domain/time.ts';
import { copyName } from '../plan/copies.ts';
import { type Pack, packed } from '../plan/pack.ts';
import type { Plan, RepositoryPlan } from '../plan/plan.ts';
import { verifyPlanHead, verifyRepositoryPlan } from './plan-check.ts';

/** The longest part that is parsed at once: below the longest string that Node.js can hold. */
const MAX_BYTES = 500 * 1024 * 1024;
/** How far the clock of the machine that made the plan may be ahead of the clock of this machine. */
const CLOCK_SKEW = 5 * 60 * 1000;

/**
 * Reads a saved plan and checks all that carrying it out relies on, one repository after the other: what `pack` puts away is not in memory.
 * Throws `FILE` or `PLAN_INVALID`, which name the file.
 */
export async function readPlanFile(path: string, pack: Pack): Promise<Plan> {
  const { bytes, close } = await openPlan(path);
  try {
    return await planIn(path, listElements(bytes, 'repositories', MAX_BYTES), pack);
  } catch (error) {
    if (!(error instanceof ToolError) || error.code !== 'PLAN_INVALID') throw error;
    throw new ToolError(error.code, `${path}: ${error.message}`, { hint: error.hint, cause: error });
  } finally {
    await close();
  }
}

/** First tells whether the document is JSON and a plan at all, then what is wrong with one of its repositories. */
async function planIn(path: string, texts: Generator<string, string, undefined>, pack: Pack): Promise<Plan> {
  const repositories: RepositoryPlan[] = [];
  const seen = new Set<string>();
  let problem: unknown;
  for (;;) {
    const text = nextOf(texts, path);
    const value = parsed(text.done ? withoutByteOrderMark(text.value) : text.value);
    if (text.done) {
      const head = verifyPlanHead(value);
      if (head.repositories.length > 0) throw notAPlan('has two lists of repositories');
      if (problem !== undefined) throw problem;
      const plan = { ...head, repositories };
      checkPolicies(plan);
      return plan;
    }
    try {
      if (problem === undefined) repositories.push(packed(verifyRepositoryPlan(value, repositories.length, seen), pack));
    } catch (error) {
      problem = error;
    }
    // Whoever wants to stop the program is heard meanwhile.
    await setImmediate();
  }
}

function nextOf(texts: Generator<string, string, undefined>, path: string): IteratorResult<string, string> {
  try {
    return texts.next();
  } catch (error) {
    if (error instanceof PartTooLong) throw notAPlan(`has a part that is larger than ${MAX_BYTES / 1024 / 1024} MiB`);
    if (error instanceof SyntaxError) throw notAPlan(NO_JSON, error);
    throw unreadable(path, 'plan', error);
  }
}

/** Null counts as missing. In a list it leaves a gap, which is reported. */
function parsed(text: string): unknown {
  try {
    return text.includes('null') ? JSON.parse(text, (_, field: unknown) => (field === null ? undefined : field)) : JSON.parse(text);
  } catch (error) {
    throw notAPlan(NO_JSON, error);
  }
}

/** Checks that whatever is deleted is so by a policy that the plan tells, since these are compared with those of today. */
function checkPolicies({ policies, repositories }: Plan): void {
  for (const { repository, policy, steps } of repositories) {
    if (steps.length === 0 || policies.some(({ name }) => name === policy)) continue;
    throw new ToolError(
      'PLAN_INVALID',
      `the plan cannot be carried out: policies does not name ${quoted(policy ?? '')}, the policy of ${repository}`,
      {
        hint: 'nothing was changed. Carry out the plan as "prune --plan-out" has written it, or make a new one',
      },
    );
  }
}

export interface Freshness {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Milliseconds; default a day. */
  readonly maxAge?: number;
}

/** Checks that a saved plan still says what is wanted. Throws `NOT_APPLYABLE`. */
export function checkFresh(plan: Plan, { now, maxAge = DAY_MS }: Freshness): void {
  const stale = (message: string, hint: string): ToolError => new ToolError('NOT_APPLYABLE', message, { hint });
  const made = parseTime(plan.createdAt);
  const age = made === undefined ? Number.POSITIVE_INFINITY : now - made;
  if (age > maxAge)
    throw stale(
      `the plan was made at ${plan.createdAt}, and may be carried out for ${durationText(maxAge)} only`,
      'make a new plan, or allow its age with --max-age',
    );
  if (age < -CLOCK_SKEW)
    throw stale(`the plan was made at ${plan.createdAt}, which lies in the future`, 'check the clocks, and make a new plan');
  if (plan.now !== plan.createdAt)
    throw stale(`the plan was decided as of ${plan.now}, and not as of the time at which it was made`, 'make a plan without --now');
}

/**
 * Checks that every repository with steps belongs to a registry of the config, and that this is at the very address that the plan
 * was made from; the same for where images are copied to. Throws `PLAN_INVALID`.
 */
export function checkRegistries(plan: Plan, registries: ReadonlyMap<string, { readonly url: string }>): void {
  for (const { registry, repository, url, steps } of plan.repositories) {
    if (steps.length === 0) continue;
    const wrong = (problem: string): ToolError =>
      new ToolError('PLAN_INVALID', `the plan for ${repository} ${problem}`, {
        hint: 'nothing was changed. Check the config, or make a new plan',
      });
    if (url === undefined)
      throw wrong(
        'does not name the address of its registry, since the inventory that it was made from does not, so it cannot be carried out',
      );
    const here = registries.get(registry);
    if (!here) throw wrong(`is for the registry ${quoted(registry)}, which is not configured`);
    if (here.url !== url) throw wrong(`is for ${quoted(url)}, but the registry ${quoted(registry)} is at ${here.url}`);
    for (const step of steps) {
      if (step.op !== 'copy-image') continue;
      const { to } = step;
      const target = registries.get(to.registry);
      if (to.url === undefined || !target)
        throw wrong(`copies to ${quoted(copyName(step))}, and nothing tells the address of the registry ${quoted(to.registry)}`);
      if (target.url !== to.url) throw wrong(`copies to ${quoted(to.url)}, but the registry ${quoted(to.registry)} is at ${target.url}`);
    }
  }
}

/**
 * sha256 of a plan: which plan a journal belongs to. Not of its text at once, which may be longer than a string can be, nor of that of one
 * repository, which takes hundreds of megabytes where it has 200,000 images.
 */
export function planDigest({ repositories, ...rest }: Plan): Digest {
  const hash = createHash('sha256').update(JSON.stringify(rest));
  for (const { images, steps, ...one } of repositories) {
    hash.update(JSON.stringify(one));
    for (const list of [images, steps]) {
      hash.update('\n');
      for (const item of list) hash.update(JSON.stringify(item));
    }
  }
  return digestOf(`sha256:${hash.digest('hex')}`);
}

/** The bytes of a plan: of a file as they are gone through, of what was handed over all at once. Throws `FILE` and `PLAN_INVALID`. */
async function openPlan(path: string): Promise<{ readonly bytes: ByteWindow; readonly close: () => Promise<void> }> {
  try {
    const handle = await openDocument(path);
    const stats = await handle.stat();
    // What the system makes up on reading says that it is empty.
    if (stats.isFile() && stats.size > 0)
      return { bytes: new ByteWindow(stats.size, readerOf(handle.fd, stats.size)), close: () => handle.close() };
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of handle.createReadStream() as AsyncIterable<Buffer>) {
      size += chunk.length;
      // What has no end is noticed by the length of its first part.
      if (size > 2 * MAX_BYTES) break;
      chunks.push(chunk);
    }
    return { bytes: ByteWindow.over(Buffer.concat(chunks)), close: async () => {} };
  } catch (error) {
    throw unreadable(path, 'plan', error);
  }
}

function notAPlan(problem: string, cause?: unknown): ToolError {
  return new ToolError('PLAN_INVALID', `it ${problem}`, { hint: 'give a plan that "prune --plan-out" has written', cause });
}

const NO_JSON = 'is not a JSON document';

function durationText(milliseconds: number): string {
  return milliseconds < 3_600_000 ? `${milliseconds / 1000} s` : `${Math.round(milliseconds / 36_000) / 100} h`;
}
