import { randomUUID } from 'node:crypto';
import { type Account, mayProject } from './accounts.ts';
import type { Reply, Seen } from '../shared/messages.ts';
import { HarborError, json } from './reply.ts';
import type { HarborStore } from './store.ts';

/** The token service (src/core/service/token): `GET /service/token`, which grants what of the asked the account may. */
export class Tokens {
  readonly #store: HarborStore;
  readonly #url: () => string;
  readonly #granted = new Map<string, ReadonlySet<string>>();

  constructor(store: HarborStore, url: () => string) {
    this.#store = store;
    this.#url = url;
  }

  give(account: Account | undefined, { method, path }: Seen): Reply {
    if (method !== 'GET') throw new HarborError('METHOD_NOT_ALLOWED', 'method not allowed');
    const scopes = new URL(path, 'http://harbor').searchParams
      .getAll('scope')
      .flatMap((text) => text.split(' '))
      .filter(Boolean);
    if (!account && scopes.length === 0) throw new HarborError('UNAUTHORIZED', 'unauthorized');
    const granted = scopes.flatMap((scope) => {
      const [, repository = '', actions = ''] = /^repository:(.+):([^:]*)$/.exec(scope) ?? [];
      const project = repository.split('/')[0] ?? '';
      return actions
        .split(',')
        .filter((action) => mayProject(this.#store, account, project, `repository:${action}`))
        .map((action) => `${repository}:${action}`);
    });
    const token = randomUUID();
    this.#granted.set(token, new Set(granted));
    return json({ token, access_token: '', expires_in: 1800, issued_at: new Date().toISOString() });
  }

  isBearer({ headers }: Seen): boolean {
    return /^bearer /i.test(String(headers['authorization'] ?? ''));
  }

  isValid(request: Seen): boolean {
    return this.#granted.has(this.#sent(request));
  }

  grants(request: Seen, repository: string, action: string): boolean {
    return this.#granted.get(this.#sent(request))?.has(`${repository}:${action}`) === true;
  }

  /** To whoever sent no credentials a token is offered; to others Basic. */
  challenge({ headers }: Seen, scope: string | undefined): HarborError {
    const bearer = `Bearer realm="${this.#url()}/service/token",service="harbor-registry"${scope === undefined ? '' : `,scope="${scope}"`}`;
    return new HarborError('UNAUTHORIZED', 'unauthorized to access the registry', {
      'www-authenticate': headers['authorization'] === undefined ? bearer : 'Basic realm="harbor"',
    });
  }

  #sent({ headers }: Seen): string {
    return /^bearer (.+)$/i.exec(String(headers['authorization'] ?? ''))?.[1] ?? '';
  }
}
