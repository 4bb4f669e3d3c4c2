import { randomBytes } from 'node:crypto';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { hasCode, isDone, isManifestUnknown, refused } from '../../distribution/answer-errors.ts';
import { type Digest, digestOf } from '../../domain/digest.ts';
import type { HttpResponse } from '../../http/http-client.ts';
import { registryErrorText } from '../../http/registry-errors.ts';
import type { DeleteOutcome } from '../registry.ts';
import { readRepository } from './listing.ts';
import { findTag, type Reading, readTags } from './tag-list.ts';

/** How often a deletion is sent that is put off or gets no answer, each time after another look. */
const TRIES = 6;
const PUT_OFF = new Set([408, 429, 499, 500, 502, 503, 504]);

/** What one look before a deletion found: it may go on, or what became of it. */
type Look = 'go on' | DeleteOutcome;

/**
 * Deletes a manifest with every tag on it. Only the manifest's own lock keeps ACR from that; the locks of its tags do not
 * (container-registry-image-lock.md). So the tags are read first, and if one of them is locked, or is not among `expected`, the manifest is
 * not deleted. ACR has no deletion "if nothing has changed", so nothing is waited for between reading the tags and sending the request.
 */
export async function deleteManifest(reading: Reading, digest: Digest, expected?: readonly string[]): Promise<DeleteOutcome> {
  const { client, repository } = reading;
  const doing = `delete the manifest ${client.label(repository, digest)}`;
  let first: ReadonlySet<string> | undefined = expected && new Set(expected);
  const look = async (): Promise<Look> => {
    const tags = await readTags(reading, digest);
    const locked = [...tags.values()].find((tag) => tag.locked);
    if (locked)
      return { outcome: 'locked', message: `Cannot ${doing}: its tag ${locked.name} is locked (deleteEnabled or writeEnabled is false).` };
    first ??= new Set(tags.keys());
    const fresh = [...tags.keys()].find((tag) => !first?.has(tag));
    return fresh === undefined ? 'go on' : { outcome: 'drifted', message: `Cannot ${doing}: the tag ${fresh} was set on it meanwhile.` };
  };
  return attempt(look, () => client.deleteManifest(repository, digest, { once: true }), {
    doing,
    isUnknown: isManifestUnknown,
    isThere: async () => {
      const response = await client.oci.getManifest(repository, digest);
      if (isManifestUnknown(response)) return false;
      if (response.status !== 200) throw refused(doing, response);
      return true;
    },
  });
}

/** Takes one tag off; a tag that was moved, or is locked, is left alone. */
export async function deleteTag(reading: Reading, tag: string, digest: Digest): Promise<DeleteOutcome> {
  const { client, repository } = reading;
  const doing = `take off the tag ${client.label(repository, tag)}`;
  const look = async (): Promise<Look> => {
    const now = await findTag(reading, tag);
    if (!now) return { outcome: 'gone' };
    if (now.digest !== digest) return { outcome: 'drifted', message: `Cannot ${doing}: it was moved to ${now.digest}.` };
    if (now.locked) return { outcome: 'locked', message: `Cannot ${doing}: it is locked (deleteEnabled or writeEnabled is false).` };
    return 'go on';
  };
  return attempt(look, () => client.deleteTag(repository, tag, { once: true }), {
    doing,
    isUnknown: (response) => response.status === 404 && (hasCode(response, 'TAG_UNKNOWN') || isManifestUnknown(response)),
    isThere: async () => (await findTag(reading, tag))?.digest === digest,
  });
}

interface Deletion {
  readonly doing: string;
  /** True of an answer that says that it is not there. */
  readonly isUnknown: (response: HttpResponse) => boolean;
  /** Asked in another way, by an answer that cannot come from a repository that may not be read. */
  readonly isThere: () => Promise<boolean>;
}

async function attempt(
  look: () => Promise<Look>,
  send: () => Promise<HttpResponse>,
  { doing, isUnknown, isThere }: Deletion,
): Promise<DeleteOutcome> {
  let lost = false;
  for (let tries = 1; ; tries++) {
    const found = await look();
    if (found !== 'go on') return lost && found.outcome === 'gone' ? { outcome: 'deleted' } : found;
    const answer = await send().catch((error: unknown) => {
      if (!(error instanceof ToolError) || error.code !== 'UNREACHABLE' || tries === TRIES) throw error;
      return undefined;
    });
    if (!answer) lost = true;
    if (!answer || (PUT_OFF.has(answer.status) && tries < TRIES)) continue;
    if (isDone(answer)) return { outcome: 'deleted' };
    if (answer.status === 405 || answer.status === 409)
      return { outcome: 'locked', message: `Cannot ${doing}: the registry answered ${registryErrorText(answer)}.` };
    if (!isUnknown(answer)) throw refused(doing, answer);
    if (!(await isThere())) return { outcome: lost ? 'deleted' : 'gone' };
    throw new ToolError('REGISTRY_ERROR', `Cannot ${doing}: the registry says that it is not there, but it is still there.`, {
      hint: 'Run again; if it stays so, a proxy before the registry may change requests.',
    });
  }
}

/**
 * Finds out whether manifests and, with `tags`, single tags can be deleted in a repository, by deleting one of each that does not exist:
 * ACR checks the right first. Throws `DELETE_DISABLED` for a locked repository, `AUTH`, and `NOT_FOUND` for a repository that is not there.
 */
export async function checkDelete(reading: Reading, needs: { readonly tags: boolean }): Promise<void> {
  const { client, repository } = reading;
  const where = client.label(repository);
  const doing = `find out whether images can be deleted in ${where}`;
  if ((await readRepository(reading)).locked) throw deleteDisabled(`The repository ${where} is locked: its writeEnabled is false.`);
  judge(await client.deleteManifest(repository, digestOf(`sha256:${randomBytes(32).toString('hex')}`)), isManifestUnknown);
  if (needs.tags)
    judge(
      await client.deleteTag(repository, `regprune-check-${randomBytes(16).toString('hex')}`),
      (answer) => hasCode(answer, 'TAG_UNKNOWN') || isManifestUnknown(answer),
    );

  function judge(answer: HttpResponse, saysNotThere: (answer: HttpResponse) => boolean): void {
    if (answer.status === 404 && saysNotThere(answer)) return;
    if (answer.status === 405) throw deleteDisabled(`The registry deletes nothing in ${where}: it answered ${registryErrorText(answer)}.`);
    throw refused(doing, answer);
  }
}

function deleteDisabled(message: string): ToolError {
  return new ToolError('DELETE_DISABLED', message, {
    hint: 'Whoever locked it can unlock it with "az acr repository update --write-enabled true"; this program never does.',
  });
}
