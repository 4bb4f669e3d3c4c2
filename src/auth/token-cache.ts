import { fetchToken, type TokenRequest } from './fetch-token.ts';
import { asksMore, mergeScopes, scopeKey } from './scopes.ts';

/**
 * How long before it expires a token is replaced; a short-lived one in the last quarter of its life. A request may be under way for a
 * while.
 */
const AHEAD_MS = 30_000;

/** A token and the scopes that it was requested for. Only the registry knows which of them it granted. */
export interface Grant {
  readonly token: string;
  readonly scopes: readonly string[];
}

/** What is known for one set of scopes as a caller wants it. */
interface Entry {
  /** What is asked for: the wanted scopes, and what the registry demanded beside them. */
  scopes: readonly string[];
  grant?: Grant;
  freshUntil: number;
  pending?: Promise<Grant>;
}

/** The bearer tokens of one registry. Requests side by side that want the same share one fetch. */
export class TokenCache {
  readonly #now: () => number;
  /** By the scopes as somebody wants them, so that not every request makes a key, and by {@link scopeKey}. */
  readonly #wanted = new Map<string, Entry>();
  readonly #entries = new Map<string, Entry>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A token for these scopes that is still good for a while. */
  get(wanted: readonly string[], request: Omit<TokenRequest, 'scopes'>): Promise<Grant> {
    const entry = this.#entry(wanted);
    if (entry.grant !== undefined && this.#now() < entry.freshUntil) return Promise.resolve(entry.grant);
    if (entry.pending !== undefined) return entry.pending;
    const pending = this.#fetch(entry, request).finally(() => {
      if (entry.pending === pending) delete entry.pending;
    });
    entry.pending = pending;
    return pending;
  }

  /** From now on the demanded scopes are requested too. A token that was, or is being, fetched without them is dropped. */
  widen(wanted: readonly string[], demanded: readonly string[]): void {
    const entry = this.#entry(wanted);
    if (!asksMore(demanded, entry.scopes)) return;
    entry.scopes = mergeScopes(demanded, entry.scopes);
    delete entry.grant;
    delete entry.pending;
  }

  /** Forgets a token that was refused, unless it has been replaced meanwhile. */
  drop(wanted: readonly string[], grant: Grant): void {
    const entry = this.#entry(wanted);
    if (entry.grant === grant) delete entry.grant;
  }

  async #fetch(entry: Entry, request: Omit<TokenRequest, 'scopes'>): Promise<Grant> {
    const asked = this.#now();
    const { scopes } = entry;
    const { token, lifetimeMs } = await fetchToken({ ...request, scopes });
    const grant = { token, scopes };
    // If the scopes were widened meanwhile, this token must not be given to a request that needs more.
    if (scopes === entry.scopes) {
      entry.grant = grant;
      entry.freshUntil = asked + lifetimeMs - Math.min(AHEAD_MS, lifetimeMs / 4);
    }
    return grant;
  }

  #entry(wanted: readonly string[]): Entry {
    const text = wanted.join(' ');
    let entry = this.#wanted.get(text);
    if (entry === undefined) {
      entry = this.#entryOf(wanted);
      this.#wanted.set(text, entry);
    }
    return entry;
  }

  #entryOf(wanted: readonly string[]): Entry {
    const key = scopeKey(wanted);
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { scopes: mergeScopes(wanted, []), freshUntil: 0 };
      this.#entries.set(key, entry);
    }
    return entry;
  }
}
