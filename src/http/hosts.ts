import type { Dispatcher } from 'undici';
import type { Call } from './exchange.ts';
import type { HostLimiter } from './host-limiter.ts';
import { HostSilence } from './host-silence.ts';
import type { Network } from './network.ts';
import { refusePlainHttp } from './plain-http.ts';

/** A host that a client speaks to. */
export interface Host {
  readonly origin: string;
  /** With its port. */
  readonly name: string;
  readonly limiter: HostLimiter;
  readonly silence: HostSilence;
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
    const { origin } = call.url;
    const known = this.#known.get(origin);
    if (known) return known;
    refusePlainHttp(call, this.#allowPlainHttp);
    const name = call.url.host;
    const limiter = this.#limiter(name) ?? this.#newLimiter();
    const host = { origin, name, limiter, silence: new HostSilence(), dispatcher: this.#network.dispatcherFor(call.url) };
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
}
