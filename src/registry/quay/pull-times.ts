import type { Digest } from '../../domain/digest.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { type QuayClient, repositoryPath } from './client.ts';

/** How Quay writes times: `Mon, 29 Dec 2025 15:53:23 -0000` (RFC 2822). */
const RFC2822 = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} [-+]0000$/;

/**
 * When a manifest was last pulled, by tag or by digest, ISO 8601 UTC; undefined where Quay has recorded no pull of it. Those of a tag are
 * not asked for: they are lost when the tag is moved.
 */
export async function readPullTime(
  client: QuayClient,
  repository: string,
  digest: Digest,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const doing = `read when ${client.label(repository, digest)} was last pulled`;
  const path = `${repositoryPath(client, repository)}/manifest/${digest}/pull_statistics`;
  const { manifest_pull_count: count, last_manifest_pull_date: date } = await client.get({ doing, path, repository, signal });
  if (date === null && (count === 0 || count === null)) return undefined;
  if (typeof date === 'string' && RFC2822.test(date) && !Number.isNaN(Date.parse(date))) return new Date(date).toISOString();
  throw badAnswer(doing, 'the answer does not tell the time of the last pull');
}
