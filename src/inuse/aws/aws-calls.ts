import { type AwsFailure, awsFailure, fitText, isNamed } from '../../auth/aws/aws-errors.ts';
import { type ErrorCode, ToolError } from '../../diagnostics/tool-error.ts';
import type { HostLimiter } from '../../http/host-limiter.ts';
import { linkSignals } from '../../diagnostics/link-signals.ts';

/** What a call asks of the service, for whoever has to read why it failed. */
export interface AwsCall {
  /** By its name in the API, which is that of its permission too: `ListServices`. */
  readonly action: string;
  /** What it is about: `cluster prod`. */
  readonly on: string;
  /** Of a list: errors of the service that say that there is nothing of the kind. */
  readonly emptyIf?: readonly string[];
}

/** What the SDK's `send` takes beside the command. */
export interface SendOptions {
  readonly abortSignal: AbortSignal;
}

export type Send<Answer> = (options: SendOptions) => Promise<Answer>;

interface AwsCallsOptions {
  /** What its permissions begin with. */
  readonly prefix: 'ecs' | 'lambda';
  /** `ECS`; begins each source. */
  readonly title: string;
  readonly region: string;
  readonly limiter: HostLimiter;
  readonly signal: AbortSignal;
}

/** One entry that a call of many could not answer (ECS, `Failure`). */
interface Failure {
  readonly arn?: string | undefined;
  readonly reason?: string | undefined;
  readonly detail?: string | undefined;
}

/**
 * The calls of one service in one region. Every error says in its message what to do, since of a source that cannot be read only that is
 * shown.
 */
export class AwsCalls {
  /** `ECS eu-central-1` */
  readonly place: string;
  readonly #prefix: string;
  readonly #limiter: HostLimiter;
  readonly #signal: AbortSignal;

  constructor({ prefix, title, region, limiter, signal }: AwsCallsOptions) {
    this.place = `${title} ${region}`;
    this.#prefix = prefix;
    this.#limiter = limiter;
    this.#signal = signal;
  }

  /** Throws `AUTH`, `REGISTRY_ERROR`, `BAD_RESPONSE`, `UNREACHABLE`, and the signal's reason. */
  call<Answer>(call: AwsCall, send: Send<Answer>): Promise<Answer> {
    return this.#limiter.run(async () => {
      this.#signal.throwIfAborted();
      // One for each call: the SDK lets no listener go.
      const linked = linkSignals([this.#signal]);
      try {
        return await send({ abortSignal: linked.signal });
      } catch (error) {
        this.#signal.throwIfAborted();
        throw this.#refused(call, error);
      } finally {
        linked.release();
      }
    });
  }

  /** The same, but undefined where the service answers with one of these errors. */
  async callUnless<Answer>(names: readonly string[], call: AwsCall, send: Send<Answer>): Promise<Answer | undefined> {
    try {
      return await this.call(call, send);
    } catch (error) {
      if (error instanceof ToolError && names.some((name) => isNamed(error.cause, name))) return undefined;
      throw error;
    }
  }

  /**
   * A list, whole. `send` is handed the mark of the page; `read` takes the list and the mark of the next page out of an answer. Throws
   * `BAD_RESPONSE` for an answer without the list, and for pages that go round in a circle.
   */
  async list<Answer, Item>(
    call: AwsCall,
    send: (page: string | undefined, options: SendOptions) => Promise<Answer>,
    read: (answer: Answer) => readonly [readonly Item[] | undefined, string | undefined],
  ): Promise<Item[]> {
    const seen = new Set<string>();
    const all: Item[] = [];
    let page: string | undefined;
    do {
      const asked = page;
      const answer = await this.callUnless(call.emptyIf ?? [], call, (options) => send(asked, options));
      if (answer === undefined) return all;
      const [items, next] = read(answer);
      for (const item of this.listed(call, items)) all.push(item);
      page = next || undefined;
      if (page !== undefined && seen.has(page)) throw this.misunderstood(call, 'the pages of the list do not lead to its end');
      if (page !== undefined) seen.add(page);
    } while (page !== undefined);
    return all;
  }

  /** The list that an answer must have. */
  listed<Item>(call: AwsCall, items: readonly Item[] | undefined): readonly Item[] {
    if (Array.isArray(items)) return items;
    throw this.misunderstood(call, 'the answer lacks its list');
  }

  /** Throws unless all that was asked for was answered or is really not there any more. */
  checkFailures(call: AwsCall, failures: readonly Failure[] | undefined, wanted: number, answered: number): void {
    const all = failures ?? [];
    const other = all.find(({ reason }) => reason !== 'MISSING');
    if (other) {
      throw this.error(
        'REGISTRY_ERROR',
        call,
        `failed for ${other.arn ?? 'one of them'}: ${fitText(`${other.reason ?? 'no reason'} ${other.detail ?? ''}`)}. ` +
          'Run again later; CloudTrail has the call.',
      );
    }
    if (answered + all.length < wanted)
      throw this.misunderstood(call, `the answer says nothing of ${wanted - answered - all.length} of the ${wanted} that were asked for`);
  }

  /** The error for an answer that makes no sense. */
  misunderstood(call: AwsCall, why: string): ToolError {
    return this.error('BAD_RESPONSE', call, `is not understood: ${why}. Run again later, and check any proxy on the way.`);
  }

  error(code: ErrorCode, { action, on }: AwsCall, what: string, cause?: unknown): ToolError {
    return new ToolError(code, `Cannot read what ${this.place} runs: ${action} of ${on} ${what}`, {
      hint: 'Nothing is deleted as long as it is not known what is in use.',
      cause,
    });
  }

  #refused(call: AwsCall, error: unknown): ToolError {
    if (error instanceof ToolError) return this.error(error.code, call, `failed: ${error.message}`, error);
    const failure = awsFailure(error);
    return this.error(codeOf(failure), call, this.#sentence(call, failure), error);
  }

  #sentence({ action, on }: AwsCall, { kind, lender, name, text, status }: AwsFailure): string {
    const permission = `${this.#prefix}:${action}`;
    switch (kind) {
      case 'no-credentials':
        return (
          `was not sent, since the AWS SDK has no credentials: ${text}. Set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, ` +
          'or give this pod, task or instance a role.'
        );
      case 'not-lent':
        return (
          `was not sent, since there are no AWS credentials: ${lender} answered ${name}: ${text}. ` +
          'Check the role and its trust policy, or log in again ("aws sso login").'
        );
      case 'denied':
        return `was refused with ${name}: ${text}. It needs ${permission} on ${on}: allow it to the role or user.`;
      case 'not-let-in':
        return (
          `was refused with ${name}: ${text}. ` +
          'Check the AWS credentials, that the region is enabled for the account, and the clock of this machine.'
        );
      case 'throttled':
        return `was refused with ${name} again and again: ${text}. Run again later.`;
      case 'not-understood':
        return (
          `was answered${status === undefined ? '' : ` with status ${status}`} in a way that is not understood: ${text}. ` +
          'Check any proxy on the way.'
        );
      default:
        return `failed with ${name}: ${text}. ${(status ?? 0) >= 500 ? 'Run again later' : `CloudTrail has the call (${permission})`}.`;
    }
  }
}

function codeOf({ kind }: AwsFailure): ErrorCode {
  if (kind === 'no-credentials' || kind === 'not-lent' || kind === 'denied' || kind === 'not-let-in') return 'AUTH';
  return kind === 'not-understood' ? 'BAD_RESPONSE' : 'REGISTRY_ERROR';
}
