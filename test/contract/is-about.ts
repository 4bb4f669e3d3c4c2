import type { Digest } from '../../src/domain/digest.ts';
import type { TargetServer } from './contract-target.ts';
import type { Seen } from './fault-proxy.ts';

/**
 * True of a request that names a digest, by a number too, or ends with one of its tags where the registry deletes an image tag by
 * tag (`…/tag/v1`, `…/tags/v1`, `…/app/v1`, `"imageTag":"v1"`).
 */
export function isAbout(server: TargetServer, request: Seen, digest: Digest, tags: readonly string[]): boolean {
  const path = decodeURIComponent(request.path).replace(/\/$/, '');
  const isOf = (tag: string): boolean => path.endsWith(`/${tag}`) || request.body.includes(`"imageTag":"${tag}"`);
  if (path.includes(digest) || request.body.includes(digest) || tags.some(isOf)) return true;
  return server.names?.(request, digest) ?? false;
}
