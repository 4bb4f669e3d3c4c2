import type { Digest } from '../domain/digest.ts';
import { refused } from './answer-errors.ts';
import type { OciClient } from './client.ts';

/** Whether a repository has a blob. Throws for any answer but yes and no. */
export async function hasBlob(client: OciClient, repository: string, digest: Digest): Promise<boolean> {
  const response = await client.headBlob(repository, digest);
  if (response.status === 200) return true;
  if (response.status === 404) return false;
  throw refused(`look for the blob ${client.label(repository, digest)}`, response);
}
