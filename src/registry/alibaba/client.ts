import { createHash, randomUUID } from 'node:crypto';
import pLimit, { type LimitFunction } from 'p-limit';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { type JsonObject, parseJsonObject } from '../../domain/json.ts';
import { type Clock, sleepUnless, systemClock } from '../../http/clock.ts';
import type { HttpClient, HttpResponse } from '../../http/http-client.ts';
import { backoff, parseRetryAfter } from '../../http/retry-policy.ts';
import { type Asked, type Complaint, complaintOf, isPassing, refused } from './answer-errors.ts';
import type { CloudCredentials, CloudKeys } from './cloud-credentials.ts';
import { holderOf } from './holder-of.ts';

export interface ApiClientOptions {
  readonly http: HttpClient;
  readonly cloudCredentials: CloudCredentials;
  /** Calls side by side. Default 8: Alibaba Cloud publishes no rates for them. */
  readonly calls?: number;
  readonly clock?: Clock;
  /** Ends every wait between tries. */
  readonly waits?: AbortSignal;
}

/** A call of the API. */
export interface Call extends Asked {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** `https://cr.cn-hangzhou.aliyuncs.com` */
  readonly endpoint: string;
  readonly pathname: string;
  readonly query: Readonly<Record<string, string>>;
  /** `x-acs-action` */
  readonly operation: string;
  readonly version: string;
  /** It changes nothing that is there, so that it may wait, and be sent again. */
  readonly mayRepeat: boolean;
  readonly signal?: AbortSignal | undefined;
}

const ALGORITHM = 'ACS3-HMAC-SHA256';
const NO_BODY = createHash('sha256').update('').digest('hex');
const MOST_TRIES = 6;
const MAX_ANSWER = 32 * 1024 * 1024;
const NEVER = new AbortController().signal;

/**
 * Sends calls to the API of Alibaba Cloud, signed by its own library. Each try is signed anew, since a signature is taken once
 * (`SignatureNonceUsed`): so the waits between tries are here, and a call that is throttled holds up all others.
 */
export class ApiClient {
  readonly #options: ApiClientOptions;
  readonly #clock: Clock;
  readonly #limit: LimitFunction;
  #pausedUntil = 0;

  constructor(options: ApiClientOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#limit = pLimit(options.calls ?? 8);
  }

  /** The answer of a call that was carried out, or what the API says of one that was not. Throws `AUTH`, `UNREACHABLE`, `BAD_RESPONSE`. */
  async call(call: Call): Promise<{ readonly json: JsonObject } | { readonly complaint: Complaint; readonly keys: CloudKeys }> {
    for (let tries = 1; ; tries++) {
      await this.#pause(call);
      const keys = await this.#options.cloudCredentials();
      let complaint: Complaint;
      try {
        const response = await this.#limit(() => this.#send(call, keys));
        const json = parseJsonObject(response.body);
        const isDone = response.status === 200 && json !== undefined && (call.version !== '2018-12-01' || json['IsSuccess'] === true);
        if (isDone) return { json };
        complaint = complaintOf(response);
        // What is neither done nor refused in the API's own words comes from a machine on the way.
        if (response.status < 300 && complaint.code === '') throw badAnswer(call.doing, 'the answer does not say whether it was done');
        if (tries >= MOST_TRIES || !(isPassing(complaint) && (call.mayRepeat || complaint.status < 500))) return { complaint, keys };
        this.#slowDown(response, tries);
      } catch (error) {
        const isLost = error instanceof ToolError && error.code === 'UNREACHABLE';
        if (!isLost || !call.mayRepeat || tries >= MOST_TRIES) throw error;
        await this.#sleep(backoff(tries, this.#clock.random()), call);
      }
      // What was looked at right before a change does not hold after a wait: whoever asked looks again.
      if (!call.mayRepeat) throw throttled(call.doing);
    }
  }

  /** The answer of a call. Throws what {@link call} throws, and the error for what it says. */
  async read(call: Call): Promise<JsonObject> {
    const answer = await this.call(call);
    if ('json' in answer) return answer.json;
    throw refused(call, answer.complaint, answer.keys.accessKeyId);
  }

  async #send(call: Call, keys: CloudKeys): Promise<HttpResponse> {
    const { method, endpoint, pathname, query, signal } = call;
    const url = new URL(endpoint);
    const path = `${url.pathname.replace(/\/+$/, '')}${pathname}`;
    const headers = await signed(call, path, url.host, keys);
    const text = Object.entries(query)
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .join('&');
    return this.#options.http.request({
      method,
      url: `${url.origin}${path}${text === '' ? '' : `?${text}`}`,
      headers,
      once: true,
      maxBytes: MAX_ANSWER,
      ...(signal && { signal }),
    });
  }

  #slowDown({ headers }: HttpResponse, tries: number): void {
    const now = this.#clock.now();
    const asked = parseRetryAfter(headers['retry-after'], now);
    this.#pausedUntil = Math.max(this.#pausedUntil, now + (asked ?? backoff(tries, this.#clock.random())));
  }

  async #pause(call: Call): Promise<void> {
    const left = this.#pausedUntil - this.#clock.now();
    if (left <= 0) return;
    if (!call.mayRepeat) throw throttled(call.doing);
    await this.#sleep(left, call);
  }

  async #sleep(ms: number, { doing, signal }: Call): Promise<void> {
    if (await sleepUnless(this.#options.waits, this.#clock, ms, signal ?? NEVER)) return;
    throw new ToolError('REGISTRY_ERROR', `Cannot ${doing}: Alibaba Cloud asked to wait, and there is no time left.`, {
      hint: 'Run again later.',
      transient: true,
    });
  }
}

/** A change was not carried out, and may be asked for again. */
function throttled(doing: string): ToolError {
  return new ToolError('REGISTRY_ERROR', `Cannot ${doing}: Alibaba Cloud asks for fewer calls.`, {
    hint: 'Run again later, or with less concurrency.',
    transient: true,
  });
}

/** The class of Alibaba Cloud's own library that signs. */
type Signer = typeof import('@alicloud/openapi-util').default;

async function signed(call: Call, pathname: string, host: string, keys: CloudKeys): Promise<Record<string, string>> {
  const { method, query, operation, version } = call;
  const { accessKeyId, accessKeySecret, securityToken } = keys;
  const headers: Record<string, string> = {
    host,
    accept: 'application/json',
    'x-acs-action': operation,
    'x-acs-version': version,
    'x-acs-date': new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    'x-acs-signature-nonce': randomUUID(),
    'x-acs-content-sha256': NO_BODY,
    ...(securityToken !== undefined && { 'x-acs-accesskey-id': accessKeyId, 'x-acs-security-token': securityToken }),
  };
  const signer = holderOf(await import('@alicloud/openapi-util'), 'getAuthorization') as Signer;
  const request = { method, pathname, query, headers } as unknown as Parameters<Signer['getAuthorization']>[0];
  const { host: _host, ...sent } = headers;
  return { ...sent, authorization: signer.getAuthorization(request, ALGORITHM, NO_BODY, accessKeyId, accessKeySecret) };
}

/** As the signature has it (RFC 3986). */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
