import type { Digest } from '../../src/domain/digest.ts';
import type { TrueManifest, Truth } from './contract-target.ts';
import { asDigest } from '../digest.ts';

/** Tags, types and bytes of what is there, as text; without the times, which change when something comes back. */
export function contents({ tags, manifests }: Truth): object {
  return { tags, manifests: mapped(manifests, ({ mediaType, bytes }) => ({ mediaType, text: bytes.toString('utf8') })) };
}

/** Everything about what is there. */
export function everything({ tags, manifests }: Truth): object {
  return { tags, manifests: mapped(manifests, ({ bytes, ...rest }) => ({ ...rest, text: bytes.toString('utf8') })) };
}

/** What is there without some manifests and their tags, and without some tags. */
export function without({ tags, manifests }: Truth, gone: ReadonlySet<Digest>, takenOff: readonly string[] = []): Truth {
  return {
    tags: Object.fromEntries(Object.entries(tags).filter(([tag, digest]) => !gone.has(digest) && !takenOff.includes(tag))),
    manifests: Object.fromEntries(Object.entries(manifests).filter(([digest]) => !gone.has(asDigest(digest)))),
  };
}

/** The tags on a digest, sorted. */
export function tagsOf({ tags }: Truth, digest: Digest): string[] {
  return Object.keys(tags)
    .filter((tag) => tags[tag] === digest)
    .toSorted();
}

function mapped(manifests: Truth['manifests'], change: (manifest: TrueManifest) => object): object {
  return Object.fromEntries(Object.entries(manifests).map(([digest, manifest]) => [digest, change(manifest)]));
}
