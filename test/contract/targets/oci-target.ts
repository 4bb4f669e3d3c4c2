import { createPing } from '../../../src/distribution/ping.ts';
import { createRegistryAuth } from '../../../src/auth/create-registry-auth.ts';
import type { Credentials } from '../../../src/auth/credentials.ts';
import { createOciRegistry } from '../../../src/registry/oci/create-registry.ts';
import type { Registry } from '../../../src/registry/registry.ts';
import {
  type Account,
  type Answers,
  type Connection,
  type ContractTarget,
  type Feature,
  type Kind,
  RETRY_AFTER,
  type Shape,
} from '../contract-target.ts';
import type { Answer, Seen } from '../fault-proxy.ts';

/** What no registry tells by the OCI API, or does. */
export const OCI_SKIPS = {
  restoreLabels: 'its registry has no labels that users put on an image',
  listUntagged: 'the OCI API lists tags and nothing else',
  pushedAt: 'the OCI API has no push times',
  pulledAt: 'the OCI API has no pull times',
  tagTimes: 'the OCI API has no times of tags',
  vulnerability: 'the OCI API has no scans',
  tagsOf: 'the OCI API tells the digest of a tag, and not the other way round',
  totals: 'the OCI API does not say how long a list is',
  locks: 'the OCI API has no locks',
  guardsTags: 'the OCI API deletes no tag "if it still points there"',
  archive: 'the OCI API has no archive',
  cascades: 'registries that speak the OCI API alone delete what they are told to and nothing else',
} as const satisfies Partial<Record<Feature, string>>;

/** The errors of the distribution-spec, as distribution words them. */
export const OCI_ANSWERS: Answers = {
  unauthorized: refusal(401, 'UNAUTHORIZED', 'authentication required', { 'www-authenticate': 'Basic realm="contract"' }),
  forbidden: refusal(403, 'DENIED', 'requested access to the resource is denied'),
  repositoryGone: refusal(404, 'NAME_UNKNOWN', 'repository name not known to registry'),
  manifestGone: refusal(404, 'MANIFEST_UNKNOWN', 'manifest unknown'),
  locked: refusal(409, 'DENIED', 'the image is protected'),
  throttled: refusal(429, 'TOOMANYREQUESTS', 'too many requests', { 'retry-after': String(RETRY_AFTER) }),
  unavailable: refusal(503, 'UNAVAILABLE', 'service unavailable', { 'retry-after': '1' }),
};

/** An answer with the distribution-spec's error body. */
export function refusal(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ errors: [{ code, message }] }) };
}

/** What a request of the OCI API is for. */
export function ociKind({ method, path }: Seen): Kind {
  if (/^\/(?:service\/)?token/.test(path)) return 'token';
  if (method === 'DELETE') return 'delete';
  if (method === 'PUT') return 'put';
  if (/\/tags\/list|\/referrers\/|\/_catalog/.test(path)) return 'list';
  return path.includes('/manifests/') ? 'manifest' : path.includes('/blobs/') ? 'blob' : 'other';
}

/** What the targets of the OCI adapter have in common. */
export function ociTarget(
  parts: Pick<ContractTarget, 'name' | 'skips' | 'referrersApi' | 'pageSize' | 'start'> & Partial<ContractTarget>,
): ContractTarget {
  const { referrersApi, skips, pageSize } = parts;
  return {
    answers: OCI_ANSWERS,
    kindOf: ociKind,
    isOptional: ({ path }) => path.includes('/referrers/'),
    requestsFor: ({ tags, manifests, tagged, lost, configs }: Shape) => ({
      // The pages of tags, where a full one leads to another; whether one can be taken off, which a page of -1 tags shows; what is attached
      // to each manifest, until it is clear that nobody can tell.
      list: ('pages' in skips ? 1 : Math.floor(tags / pageSize) + 1) + 1 + (referrersApi ? manifests : 1),
      manifest: tags + manifests - tagged + lost,
      blob: configs,
      other: 1,
      ...(!('accounts' in skips) && { token: 1 }),
    }),
    ...parts,
  };
}

/** The OCI adapter for a connection. */
export function connectOci({ name, url, http, account }: Connection, passwords?: Readonly<Record<Account, string>>): Registry {
  const known: Credentials | undefined = passwords && { username: account, password: passwords[account] };
  const ping = createPing(http, url);
  const auth = createRegistryAuth({ http, registry: name, url, credentials: async () => known, ping });
  return createOciRegistry({ name, url, send: (request, scopes) => auth.send(request, scopes), ping, credentials: async () => known });
}
