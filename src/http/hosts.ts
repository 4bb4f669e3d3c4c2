import type { Dispatcher } from 'undici';
import { redactUrl } from '../diagnostics/redact.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { isLoopback } from './address.ts';
import type { Call } from './exchange.ts';
import type { HostLimiter } from './host-limiter.ts';
import type { Network } from './network.ts';

/** A host that a client speaks to. */
export interface Host {
  /** With its port. */
  readonly name: string;
  readonly limiter: HostLimiter;
  readonly dispatcher: Dispatcher;
}

/** The hosts that a client speaks to; what is to know of each is worked out once. */
export class Hosts {
  readonly #network: Network;
  readonly #newLimiter: () => HostLimiter;
  readonly #allowPlainHttp: (host: string) => boolean;
  /** By origin. */
  readonly #known = new Map<string, Host>();

  constructor(network: Network, newLimiter: () => HostLimiter, allowPlainHttp: (host: string) => boolean) {
    this.#network = network;
    this.#newLimiter = newLimiter;
    this.#allowPlainHttp = allowPlainHttp;
  }

  /** The host of a request. Throws `CONFIG_INVALID` where it would be spoken to without TLS and must not be. */
  of(call: Call): Host {
    const { origin, host: name } = call.url;
    const known = this.#known.get(origin);
    if (known) return known;
    this.#checkPlainHttp(call);
    const host = { name, limiter: this.#limiter(name) ?? this.#newLimiter(), dispatcher: this.#network.dispatcherFor(call.url) };
    this.#known.set(origin, host);
    return host;
  }

  /** The limiter of a host that was spoken to; with TLS and without, it is the same. */
  #limiter(name: string): HostLimiter | undefined {
    return [...this.#known.values()].find((host) => host.name === name)?.limiter;
  }

  /** Resolves when a request to this host would go out at once; undefined for a host that was never spoken to. */
  room(url: string): Promise<void> | undefined {
    return this.#limiter(new URL(url).host)?.room();
  }

  #checkPlainHttp(call: Call): void {
    if (call.url.protocol === 'https:' || isLoopback(call.url.hostname)) return;
    if (call.url.protocol === 'http:' && this.#allowPlainHttp(call.url.host)) return;
    throw new ToolError(
      'CONFIG_INVALID',
      `${call.method} ${redactUrl(call.url.href)}: without TLS everything, including credentials, could be read and changed on the way.`,
      {
        hint: `Use https://${call.url.host}, or allow plain HTTP for this host in the config.`,
      },
    );
  }
}
