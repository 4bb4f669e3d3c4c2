import * as z from 'zod';
import { hubAliases } from '../../auth/docker-hub.ts';
import { apiEndpoint } from '../../config/api-endpoint.ts';
import type { RegistryType } from '../registry-type.ts';

/** The namespaces whose repositories are listed where nothing else names one, and where the API is, if it is elsewhere. */
const HubSettings = z.strictObject({
  namespaces: z
    .array(z.string().regex(/^[a-z0-9]+(?:[_-]+[a-z0-9]+)*$/, { error: 'not the name of an organization or user' }))
    .min(1)
    .optional(),
  endpoint: apiEndpoint.optional(),
});

/** Docker Hub, at all of its hosts. */
export const dockerHubType: RegistryType = {
  name: 'dockerhub',
  hosts: /^(?:index\.|registry-1\.)?docker\.io$/,
  aliases: hubAliases,
  settings: { key: 'dockerhub', schema: HubSettings },
  open: async ({ name, url, settings, http, credentials, concurrency }) => {
    const { namespaces, endpoint } = HubSettings.parse(settings ?? {});
    const { createHubRegistry } = await import('./create-registry.ts');
    return createHubRegistry({
      name,
      url,
      http,
      credentials,
      concurrency,
      ...(namespaces && { namespaces }),
      ...(endpoint !== undefined && { endpoint }),
    });
  },
};
