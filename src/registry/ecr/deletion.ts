import { randomBytes } from 'node:crypto';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { type Digest, digestOf } from '../../domain/digest.ts';
import { printable, redact } from '../../diagnostics/redact.ts';
import type { DeleteOutcome } from '../registry.ts';
import { failed } from './answer-errors.ts';
import { type Answered, deleteImages } from './delete-images.ts';
import type { EcrClient } from './client.ts';
import type { Images } from './images.ts';

/** What became of one of several: if one fails with an error, the others may still have succeeded. */
export type Settled = DeleteOutcome | { readonly error: ToolError };

/**
 * Finds out whether images can be deleted in a repository, by deleting one that does not exist: that takes the permission and changes
 * nothing. Throws `AUTH`, `NOT_FOUND` for a repository that is not there, and `REGISTRY_ERROR` for any answer other than that the image is
 * not there.
 */
export async function checkDelete(client: EcrClient, repository: string): Promise<void> {
  const doing = `find out whether images can be deleted in ${client.label(repository)}`;
  const [answered] = await deleteImages(
    client,
    repository,
    [{ imageDigest: digestOf(`sha256:${randomBytes(32).toString('hex')}`) }],
    doing,
    { once: false },
  );
  if (answered && !answered.deleted && answered.code !== 'ImageNotFound')
    throw failed(doing, answered.code, answered.reason, client.service);
}

/** Deletes images with all their tags, by digest, up to 100 in one call. */
export async function deleteManifests(
  client: EcrClient,
  images: Images,
  repository: string,
  digests: readonly Digest[],
): Promise<Map<Digest, Settled>> {
  const what =
    digests.length === 1 ? `the image ${client.label(repository, digests[0])}` : `${digests.length} images of ${client.label(repository)}`;
  const answers = await deleteImages(
    client,
    repository,
    digests.map((imageDigest) => ({ imageDigest })),
    `delete ${what}`,
  );
  const settled = digests.map(async (digest, position): Promise<[Digest, Settled]> => [
    digest,
    await settle(client, {
      doing: `delete the image ${client.label(repository, digest)}`,
      answered: answers[position],
      isThere: async () => (await images.find(repository, digest)) !== undefined,
    }),
  ]);
  return new Map(await Promise.all(settled));
}

/** An outcome with only those of the tags that went along that were not to go. */
export function unexpectedOf(outcome: DeleteOutcome, expected: readonly string[] | undefined): DeleteOutcome {
  if (outcome.outcome !== 'deleted') return outcome;
  const tags = expected ? outcome.tags?.filter((tag) => !expected.includes(tag)) : undefined;
  return { outcome: 'deleted', ...(tags && tags.length > 0 && { tags }) };
}

export interface Question {
  readonly doing: string;
  readonly answered: Answered | undefined;
  /** Whether it is there now; asked where ECR says that it is not, or nothing. */
  readonly isThere: () => Promise<boolean>;
}

/**
 * Turns an answer into an outcome. "Not there" is believed only if DescribeImages says so too, since that can tell a missing image from a
 * missing repository or permission.
 */
export async function settle({ service }: EcrClient, { doing, answered, isThere }: Question): Promise<Settled> {
  try {
    if (answered?.deleted) return { outcome: 'deleted', tags: answered.tags };
    if (answered?.code === 'ImageReferencedByManifestList') {
      const said = `${service.title} answered ${answered.code}: ${printable(redact(answered.reason)).slice(0, 300)}`;
      return { outcome: 'locked', message: `Cannot ${doing}: an index holds it (${said.replace(/[.\s]*$/, '')}).` };
    }
    if (answered && answered.code !== 'ImageNotFound') return { error: failed(doing, answered.code, answered.reason, service) };
    if (!(await isThere())) return { outcome: answered ? 'gone' : 'deleted' };
    return {
      error: new ToolError(
        'REGISTRY_ERROR',
        `Cannot ${doing}: ${service.title} ${answered ? 'says that it is not there' : 'does not say why'}, but still lists it.`,
        { hint: 'Run again.' },
      ),
    };
  } catch (error) {
    if (error instanceof ToolError) return { error };
    throw error;
  }
}
