import { ToolError } from '../../diagnostics/tool-error.ts';
import { type Digest, isDigest } from '../../domain/digest.ts';
import { backoff } from '../../http/retry-policy.ts';
import type { DeleteOutcome } from '../registry.ts';
import { type Asked, errorText, isNotFound, isPreconditionFailed } from './answer-errors.ts';
import type { GarClient } from './client.ts';
import { lastPart } from './image-name.ts';
import { waitForOperation } from './operation.ts';
import { isThere } from './presence.ts';
import { findTags } from './tags.ts';

/** What became of one of several: if one fails with an error, the others may still have succeeded. */
export type Settled = DeleteOutcome | { readonly error: ToolError };

const PERMISSION = 'artifactregistry.versions.delete';
/** google.rpc.Code */
const NOT_FOUND = 5;
const RESOURCE_EXHAUSTED = 8;
const FAILED_PRECONDITION = 9;
const ABORTED = 10;
const UNAVAILABLE = 14;
/** How often an operation is begun that the service has no room for at the moment. */
const TRIES = 6;

/**
 * Deletes versions that have no tags, or none any more, and without `force`: if somebody sets a tag in the meantime, the service refuses,
 * so that nothing is deleted that was just named. Several versions go into one operation. Those that it did not delete, or all of them if
 * it was refused as a whole or its answer was lost, are then asked for one by one, which tells why; but not where the refusal holds of each
 * of them, for lack of a right or of quota, nor once the run is stopped. Throws where the operation is still under
 * way and nobody waits for it any more.
 */
export async function deleteVersions(client: GarClient, repository: string, digests: readonly Digest[]): Promise<Map<Digest, Settled>> {
  const together = digests.length > 1 ? await deleteTogether(client, repository, digests) : { deleted: [] };
  const settled = new Map<Digest, Settled>(together.deleted.map((digest) => [digest, { outcome: 'deleted' }]));
  for (const digest of digests) {
    if (settled.has(digest)) continue;
    const error = together.refusal ?? (together.failed && client.isStopped ? stopped(client, repository, digest) : undefined);
    settled.set(digest, error ? { error } : await deleteOne(client, repository, digest));
  }
  return settled;
}

/** What became of a batch. */
interface Together {
  readonly deleted: readonly Digest[];
  /** It was not carried out, or not for all. */
  readonly failed?: true;
  /** Why it was not carried out, where that holds of each of them. */
  readonly refusal?: ToolError;
}

/** A deletion is not begun any more once the run was stopped, also where one request for several has failed. */
function stopped(client: GarClient, repository: string, digest: Digest): ToolError {
  const doing = `delete the image ${client.label(repository, digest)}`;
  return new ToolError('REGISTRY_ERROR', `Cannot ${doing}: it was not deleted together with others, and then the run was stopped.`, {
    hint: 'Run again.',
  });
}

/** Deletes several by one operation. */
async function deleteTogether(client: GarClient, repository: string, digests: readonly Digest[]): Promise<Together> {
  const asked: Asked = { doing: `delete ${digests.length} images of ${client.label(repository)}`, permission: PERMISSION };
  const names = digests.map((digest) => client.versionOf(repository, digest));
  try {
    const operation = await client.get({
      ...asked,
      method: 'POST',
      path: `${client.packageOf(repository)}/versions:batchDelete`,
      body: { names },
    });
    const { error, failedVersions } = await waitForOperation(client, operation, asked);
    const failed = failedVersions.map((name) => lastPart(name, 'versions'));
    // One that cannot be told apart could be any of them.
    if (error || !failed.every((digest) => isDigest(digest) && digests.includes(digest))) return { deleted: [], failed: true };
    return { deleted: digests.filter((digest) => !failed.includes(digest)), ...(failed.length > 0 && { failed: true }) };
  } catch (error) {
    if (!(error instanceof ToolError) || error.underWay) throw error;
    const forAll = error.code === 'AUTH' || error.transient;
    return { deleted: [], failed: true, ...(forAll && { refusal: error }) };
  }
}

async function deleteOne(client: GarClient, repository: string, digest: Digest): Promise<Settled> {
  const asked: Asked = { doing: `delete the image ${client.label(repository, digest)}`, permission: PERMISSION };
  try {
    for (let tries = 1; ; tries++) {
      const response = await client.call({ ...asked, method: 'DELETE', path: client.versionOf(repository, digest) });
      if (isNotFound(response)) return await gone(client, repository, digest, asked);
      if (isPreconditionFailed(response))
        return await refusal(client, repository, digest, `Cannot ${asked.doing}: Artifact Registry answered ${errorText(response)}.`);
      const { error } = await waitForOperation(client, client.read(asked, response), asked);
      if (!error) return { outcome: 'deleted' };
      const said = `Cannot ${asked.doing}: the operation ended with the code ${error.code}, ${error.text}.`;
      if (error.code === NOT_FOUND) return await gone(client, repository, digest, asked);
      if (error.code === FAILED_PRECONDITION) return await refusal(client, repository, digest, said);
      const passing = [RESOURCE_EXHAUSTED, ABORTED, UNAVAILABLE].includes(error.code);
      const hint = passing ? 'Run again later, or with less concurrency.' : 'The audit log of the project may say more.';
      const goesOn = passing && tries < TRIES && (await client.pause(backoff(tries, client.clock.random())));
      if (!goesOn) return { error: new ToolError('REGISTRY_ERROR', said, { hint }) };
    }
  } catch (error) {
    if (error instanceof ToolError) return { error };
    throw error;
  }
}

/** "Not there" is believed once it is known of what. */
async function gone(client: GarClient, repository: string, digest: Digest, { doing }: Asked): Promise<Settled> {
  if (!(await isThere(client, repository, digest))) return { outcome: 'gone' };
  const message = `Cannot ${doing}: Artifact Registry says that it is not there, but still has it.`;
  return { error: new ToolError('REGISTRY_ERROR', message, { hint: 'Run again.' }) };
}

/**
 * True if the version has a tag again, or an index or a fallback tag holds it (GOOGLE_MANIFEST_DANGLING_TAG,
 * GOOGLE_MANIFEST_DANGLING_PARENT_IMAGE at `/v2/`).
 */
async function refusal(client: GarClient, repository: string, digest: Digest, said: string): Promise<Settled> {
  const tags = await findTags(client, repository, digest);
  if (tags === undefined) return { outcome: 'gone' };
  return tags.length > 0
    ? { outcome: 'drifted', message: `${said} It has the tag ${tags.join(', ')}.` }
    : { outcome: 'locked', message: said };
}
