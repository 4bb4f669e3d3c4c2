import { parseChallenges } from '../../auth/challenge.ts';
import type { HttpResponse } from '../../http/http-client.ts';

/**
 * True of what a Harbor answers to `GET /v2/` without credentials: always 401, with a challenge that names it
 * (src/server/middleware/v2auth/auth.go: service "harbor-registry", or Basic realm "harbor").
 */
export function isHarbor(ping: HttpResponse): boolean {
  if (ping.status !== 401) return false;
  return parseChallenges(ping.headers['www-authenticate'] ?? '').some(
    ({ parameters }) => parameters['service'] === 'harbor-registry' || parameters['realm'] === 'harbor',
  );
}
