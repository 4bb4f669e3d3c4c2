import * as z from 'zod';
import { parseChallenges } from '../../auth/challenge.ts';
import type { HttpResponse } from '../../http/http-client.ts';
import type { RegistryType } from '../registry-type.ts';

/** Whether images that their project lets nobody pull are deleted, although they cannot be put back. */
const HarborSettings = z.strictObject({ deleteUnpullable: z.boolean().optional() });

/** Harbor, which runs on any host. */
export const harborType: RegistryType = {
  name: 'harbor',
  settings: { key: 'harbor', schema: HarborSettings },
  recognises: isHarbor,
  open: async ({ name, url, settings, http, send, credentials, concurrency }) => {
    const { deleteUnpullable = false } = HarborSettings.parse(settings ?? {});
    const { createHarborRegistry } = await import('./create-registry.ts');
    // Twice as many manifests as requests: while one is decoded, another is fetched.
    return createHarborRegistry({ name, url, http, send, credentials, concurrency: 2 * concurrency, deleteUnpullable });
  },
};

/**
 * Harbor answers `GET /v2/` without credentials always with 401 and a challenge that names it
 * (src/server/middleware/v2auth/auth.go: service "harbor-registry", or Basic realm "harbor").
 */
function isHarbor(ping: HttpResponse): boolean {
  if (ping.status !== 401) return false;
  return parseChallenges(ping.headers['www-authenticate'] ?? '').some(
    ({ parameters }) => parameters['service'] === 'harbor-registry' || parameters['realm'] === 'harbor',
  );
}
