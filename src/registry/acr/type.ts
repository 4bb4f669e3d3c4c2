import * as z from 'zod';
import type { RegistryType } from '../registry-type.ts';
import { ACR_HOST } from './host.ts';

const GROUP = String.raw`[\p{L}\p{N}_().-]*[\p{L}\p{N}_()-]`;
const RESOURCE_ID = new RegExp(
  String.raw`^/subscriptions/[0-9a-f-]{36}/resourceGroups/${GROUP}/providers/Microsoft\.ContainerRegistry/registries/[a-z0-9]+$`,
  'iu',
);

/** The Azure resource that a registry is, whose policies are read. Whose permissions are used, Azure's own ways or `auth` say. */
const AcrSettings = z.strictObject({
  resourceId: z.string().regex(RESOURCE_ID, {
    error: 'not the id of a registry, such as /subscriptions/…/resourceGroups/ops/providers/Microsoft.ContainerRegistry/registries/contoso',
  }),
});

/** Azure Container Registry. */
export const acrType: RegistryType = {
  name: 'acr',
  hosts: ACR_HOST,
  settings: { key: 'acr', schema: AcrSettings },
  open: async ({ name, url, settings, http, credentials, env, concurrency, cache }) => {
    const resource = AcrSettings.optional().parse(settings);
    const { openAcrRegistry } = await import('./open-registry.ts');
    // Twice as many manifests as requests: while one is decoded, another is fetched.
    return openAcrRegistry({ name, url, http, credentials, env, ...resource, concurrency: 2 * concurrency, ...(cache && { cache }) });
  },
};
