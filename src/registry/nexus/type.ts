import * as z from 'zod';
import { parseChallenges } from '../../auth/challenge.ts';
import { apiEndpoint } from '../../config/api-endpoint.ts';
import type { HttpResponse } from '../../http/http-client.ts';
import type { RegistryType } from '../registry-type.ts';

/**
 * Where the REST API is (what `/service/rest` is below), if not at the host of the registry, and the Nexus repository that the host stands
 * for, if it stands for one alone: a port, a subdomain, or a proxy before Nexus.
 */
const NexusSettings = z.strictObject({
  url: apiEndpoint.optional(),
  repository: z
    .string()
    .regex(/^[a-zA-Z0-9-][\w.-]*$/, { error: 'not the name of a Nexus repository' })
    .optional(),
});

/** Sonatype Nexus Repository 3, which runs on any host. */
export const nexusType: RegistryType = {
  name: 'nexus',
  settings: { key: 'nexus', schema: NexusSettings },
  recognises: isNexus,
  notPlain:
    'with the plain API, each look at a tag counts as a download of it, push times are not told, and what a deletion takes along differs ' +
    'from version to version.',
  open: async ({ name, url, settings, http, send, credentials, concurrency, cache }) => {
    const { url: api, repository } = NexusSettings.parse(settings ?? {});
    const { createNexusRegistry } = await import('./create-registry.ts');
    return createNexusRegistry({
      name,
      url,
      ...(api !== undefined && { api }),
      ...(repository !== undefined && { hosted: repository }),
      http,
      send,
      credentials,
      // Twice as many manifests as requests: while one is decoded, another is fetched.
      concurrency: 2 * concurrency,
      ...(cache && { cache }),
    });
  },
};

/**
 * Nexus names itself in `Server` (`Nexus/3.94.0-12 (PRO)`) and in the realm of its Basic challenge (sonatype/nexus-public#921). A proxy
 * before it may change the first; with tokens, its challenge names the same address as realm and as service, which no other one does.
 */
function isNexus({ headers }: HttpResponse): boolean {
  if (/^nexus\//i.test(headers['server'] ?? '')) return true;
  return parseChallenges(headers['www-authenticate'] ?? '').some(
    ({ parameters: { realm = '', service } }) =>
      realm === 'Sonatype Nexus Repository Manager' || (/^https?:\/\/.+\/v2\/token$/.test(realm) && realm === service),
  );
}
