import { createHash } from 'node:crypto';
import { withoutByteOrderMark } from './byte-order-mark.ts';
import { openDocument } from './open-document.ts';
import { quoted } from '../diagnostics/redact.ts';
import { unreadable } from '../diagnostics/source.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { type Digest, digestOf } from '../domain/digest.ts';
import { DAY_MS, parseTime } from '../domain/time.ts';
import { copyName } from '../plan/copies.ts';
import type { Plan } from '../plan/plan.ts';
import { verifyPlan } from './plan-check.ts';

/** Below the longest string that Node.js can hold. */
const MAX_BYTES = 500 * 1024 * 1024;
/** How far the clock of the machine that made the plan may be ahead of the clock of this machine. */
const CLOCK_SKEW = 5 * 60 * 1000;

/** Reads a saved plan and checks all that carrying it out relies on. Throws `FILE` or `PLAN_INVALID`, which name the file. */
export async function readPlanFile(path: string): Promise<Plan> {
  const text = await readText(path);
  let value: unknown;
  try {
    // Null counts as missing. In a list it leaves a gap, which is reported.
    value = JSON.parse(text, (_, field: unknown) => (field === null ? undefined : field));
  } catch (error) {
    throw notAPlan(path, 'is not a JSON document', error);
  }
  try {
    const plan = verifyPlan(value);
    checkPolicies(plan);
    return plan;
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    throw new ToolError(error.code, `${path}: ${error.message}`, { hint: error.hint, cause: error });
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

/** sha256 of a plan: which plan a journal belongs to. Not of its text at once, which may be longer than a string can be. */
export function planDigest({ repositories, ...rest }: Plan): Digest {
  const hash = createHash('sha256').update(JSON.stringify(rest));
  for (const repository of repositories) hash.update(JSON.stringify(repository));
  return digestOf(`sha256:${hash.digest('hex')}`);
}

async function readText(path: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of (await openDocument(path)).createReadStream() as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_BYTES) break;
      chunks.push(chunk);
    }
  } catch (error) {
    throw unreadable(path, 'plan', error);
  }
  if (size > MAX_BYTES) throw notAPlan(path, `is larger than ${MAX_BYTES / 1024 / 1024} MiB`);
  return withoutByteOrderMark(Buffer.concat(chunks).toString('utf8'));
}

function notAPlan(path: string, problem: string, cause?: unknown): ToolError {
  return new ToolError('PLAN_INVALID', `${path} ${problem}`, { hint: 'give a plan that "prune --plan-out" has written', cause });
}

function durationText(milliseconds: number): string {
  return milliseconds < 3_600_000 ? `${milliseconds / 1000} s` : `${Math.round(milliseconds / 36_000) / 100} h`;
}
