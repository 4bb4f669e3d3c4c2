import * as z from 'zod';
import { parseChallenges } from '../../auth/challenge.ts';
import { apiEndpoint } from '../../config/api-endpoint.ts';
import type { HttpResponse } from '../../http/http-client.ts';
import type { RegistryType } from '../registry-type.ts';
import { alibabaAliases } from './aliases.ts';

/** What the answer to `/v2/` tells by itself, for a proxy that hides it; and the address of the API in a network of one's own. */
const AlibabaSettings = z.strictObject({
  region: z
    .string()
    .regex(/^[a-z]{2}-[a-z0-9-]+$/, { error: 'not a region of Alibaba Cloud, such as cn-hangzhou' })
    .optional(),
  instance: z
    .string()
    .regex(/^cri-[a-z0-9]+$/, { error: 'not the id of an Enterprise Edition instance, such as cri-0a1b2c3d4e5f' })
    .optional(),
  endpoint: apiEndpoint.optional(),
});

/** Alibaba Cloud Container Registry, Enterprise and Personal Edition. */
export const alibabaType: RegistryType = {
  name: 'alibaba',
  hosts: /^(?:registry(?:-vpc|-internal)?\.(?:[a-z0-9-]+\.)?|.+\.cr\.)aliyuncs\.com$/,
  aliases: alibabaAliases,
  settings: { key: 'alibaba', schema: AlibabaSettings },
  recognises: ({ headers }: HttpResponse) =>
    parseChallenges(headers['www-authenticate'] ?? '').some(({ parameters }) =>
      parameters['service']?.startsWith('registry.aliyuncs.com:'),
    ),
  notPlain: 'with the plain API, push times are not told, and nothing can be deleted.',
  open: async ({ name, url, settings, http, ping, credentials, concurrency, cache, waits }) => {
    const given = AlibabaSettings.parse(settings ?? {});
    const { createAlibabaRegistry } = await import('./create-registry.ts');
    const { createCloudCredentials } = await import('./cloud-credentials.ts');
    return createAlibabaRegistry({
      name,
      url,
      ...(given.region !== undefined && { region: given.region }),
      ...(given.instance !== undefined && { instance: given.instance }),
      ...(given.endpoint !== undefined && { endpoint: given.endpoint }),
      http,
      ping,
      credentials,
      cloudCredentials: createCloudCredentials(name),
      // Twice as many manifests as requests: while one is decoded, another is fetched.
      concurrency: 2 * concurrency,
      ...(cache && { cache }),
      ...(waits && { waits }),
    });
  },
};
