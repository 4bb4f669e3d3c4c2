import { pullScope, type Send } from '../../distribution/client.ts';
import { refused } from '../../distribution/answer-errors.ts';

/**
 * Whether the registry has a metadata database, and with it a garbage collection that runs by itself; undefined where it does not say. It
 * says so in the answer to `/v2/` to whoever is logged in (gitlab-org/container-registry, "Custom Headers on GET /v2/").
 */
export async function hasDatabase(send: Send, url: string, repository: string, doing: string): Promise<boolean | undefined> {
  const response = await send({ method: 'GET', url: `${url}/v2/` }, [pullScope(repository)]);
  if (response.status !== 200) throw refused(doing, response);
  const told = response.headers['gitlab-container-registry-database-enabled'];
  return told === undefined ? undefined : told === 'true';
}
