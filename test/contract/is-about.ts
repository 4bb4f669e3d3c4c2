import type { Digest } from '../../src/domain/digest.ts';
import type { TargetServer } from './contract-target.ts';
import type { Seen } from './fault-proxy.ts';

/**
 * True of a request that names a digest, by a number too, or ends with one of its tags where the registry deletes an image tag by
 * tag (`…/tags/v1`).
 */
export function isAbout(server: TargetServer, request: Seen, digest: Digest, tags: readonly string[]): boolean {
  const path = request.path.replace(/\/$/, '');
  if (
    path.includes(digest) ||
    request.body.includes(digest) ||
    tags.some((tag) => path.endsWith(`/tag/${tag}`) || path.endsWith(`/tags/${tag}`))
  )
    return true;
  return server.names?.(request, digest) ?? false;
}
