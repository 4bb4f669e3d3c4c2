import * as z from 'zod';
import { apiEndpoint } from '../../config/api-endpoint.ts';
import type { RegistryType } from '../registry-type.ts';
import { garAliases } from './aliases.ts';
import { GAR_HOST } from './host.ts';

/**
 * The projects that are listed, the location where the host does not tell it, the service account to impersonate, and where the Artifact
 * Registry API is. Everything secret comes by Google's own ways, or by `auth`.
 */
const GarSettings = z.strictObject({
  projects: z
    .array(z.string().regex(/^(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]*$/, { error: 'not the id of a project, such as my-project' }))
    .min(1)
    .optional(),
  location: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/, { error: 'not a location, such as europe-west1 or us' })
    .optional(),
  impersonate: z
    .string()
    .regex(/^[\w.-]+@[\w.-]+$/, { error: 'not the email of a service account' })
    .optional(),
  endpoint: apiEndpoint.optional(),
});

/** Google Artifact Registry, and Container Registry's names, which it has taken over. */
export const garType: RegistryType = {
  name: 'gar',
  hosts: GAR_HOST,
  aliases: garAliases,
  settings: { key: 'gar', schema: GarSettings },
  open: async ({ name, url, settings, http, credentials, env, concurrency, cache, waits }) => {
    const { projects, location, impersonate, endpoint } = GarSettings.parse(settings ?? {});
    const { createGarRegistry } = await import('./create-registry.ts');
    return createGarRegistry({
      name,
      url,
      http,
      credentials: () => credentials(),
      identity: { ...(impersonate !== undefined && { impersonate }) },
      ...(projects && { projects }),
      ...(location !== undefined && { location }),
      ...(endpoint !== undefined && { endpoint }),
      env,
      ...(cache && { cache }),
      ...(waits && { waits }),
      // Twice as many manifests as requests: while one is decoded, another is fetched.
      concurrency: 2 * concurrency,
    });
  },
};
