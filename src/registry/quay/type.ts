import * as z from 'zod';
import { parseChallenges } from '../../auth/challenge.ts';
import type { HttpResponse } from '../../http/http-client.ts';
import type { RegistryType } from '../registry-type.ts';

/** The namespaces (organizations and users) whose repositories are listed where nothing else names one. */
const QuaySettings = z.strictObject({
  namespaces: z
    .array(z.string().regex(/^[a-z0-9]+(?:[._-]+[a-z0-9]+)*$/, { error: 'not the name of an organization or user' }))
    .min(1)
    .optional(),
});

/** Quay.io, and Quay that runs on any host. */
export const quayType: RegistryType = {
  name: 'quay',
  hosts: /^quay\.io$/,
  settings: { key: 'quay', schema: QuaySettings },
  recognises: isQuay,
  notPlain:
    'with the plain API, each reading counts as a pull of every image, lists of tags are up to two minutes old, and immutable tags ' +
    'and the times of tags are not told.',
  open: async ({ name, url, settings, http, credentials, concurrency, cache }) => {
    const { namespaces = [] } = QuaySettings.parse(settings ?? {});
    const { createQuayRegistry } = await import('./create-registry.ts');
    // Twice as many manifests as requests: while one is decoded, another is fetched.
    return createQuayRegistry({ name, url, http, credentials, namespaces, concurrency: 2 * concurrency, ...(cache && { cache }) });
  },
};

/** Quay answers `GET /v2/` without credentials with a challenge: its realm is `/v2/auth` at the host that it names as the service. */
function isQuay(ping: HttpResponse): boolean {
  if (ping.status !== 401) return false;
  return parseChallenges(ping.headers['www-authenticate'] ?? '').some(({ parameters: { realm = '', service } }) => {
    if (!URL.canParse(realm)) return false;
    const { host, pathname } = new URL(realm);
    return pathname === '/v2/auth' && host === service;
  });
}
