import { setTimeout as wait } from 'node:timers/promises';
import { startEmbeddedRegistry } from '../../src/demo/embedded-registry.ts';
import { image, layer } from '../../src/demo/image.ts';
import { readManifestFields } from '../../src/demo/manifest-fields.ts';
import { type LimitKind, limitOf } from './limit.ts';

/** How the registry is to behave from now on; what it has seen is forgotten, and what was deleted is there again. */
export interface Behaviour {
  /** Milliseconds that each request takes. */
  readonly latency: number;
  /** What is more than so many requests a second is answered by 429, which asks for a pause of a second. */
  readonly limit?: { readonly kind: LimitKind; readonly perSecond: number };
}

/** The answer to a behaviour, or to the word `seen`. */
export interface Seen {
  readonly host: string;
  readonly requests: readonly { readonly method: string; readonly path: string; readonly status: number }[];
  /** Seconds from the first of these to the last. */
  readonly seconds: number;
  /** Of the first repository: the digest of each tag. */
  readonly tags: readonly (readonly [tag: string, digest: string])[];
}

/** The embedded registry in a process of its own, so that its work is not counted as the client's. Its parent tells it what to do. */
const [repositories = 1, each = 1] = process.argv.slice(2).map(Number);
const registry = await startEmbeddedRegistry({ referrersApi: false });
const base = layer('base', 2000);
const filled = Array.from({ length: repositories }, (_, number) => {
  const name = `team/app-${number}`;
  const stored = registry.storage.repository(name);
  stored.listed = stored.tagged = true;
  for (let build = 0; build < each; build++) put(name, build);
  return { stored, manifests: [...stored.manifests], tags: [...stored.tags] };
});

/** Puts an image there without a push, which would take most of the time of a measurement. */
function put(name: string, build: number): void {
  const created = new Date(Date.UTC(2026, 0, 1) + build * 60_000).toISOString();
  const { mediaType, digest, bytes, blobs } = image({ layers: [base, layer(`${name} ${build}`, 500)], created });
  const fields = readManifestFields(mediaType, bytes);
  if (typeof fields === 'string') throw new Error(fields);
  const stored = registry.storage.repository(name);
  for (const content of [...blobs, { digest, bytes }]) {
    registry.storage.blobs.set(content.digest, content.bytes);
    stored.blobs.add(content.digest);
  }
  stored.manifests.set(digest, { mediaType, bytes, fields });
  stored.tags.set(`build-${build}`, digest);
}

let latency = 0;
let isLetThrough = (_now: number): boolean => true;
let [firstAt, lastAt] = [0, 0];
registry.onRequest(async () => {
  lastAt = Date.now();
  firstAt ||= lastAt;
  if (latency > 0) await wait(latency);
  return isLetThrough(Date.now()) ? undefined : { status: 429, headers: { 'retry-after': '1' } };
});

process.on('message', (asked: Behaviour | 'seen') => {
  if (asked !== 'seen') {
    latency = asked.latency;
    isLetThrough = asked.limit ? limitOf(asked.limit.kind, asked.limit.perSecond) : () => true;
    [firstAt, lastAt] = [0, 0];
    registry.requests.length = 0;
    for (const { stored, manifests, tags } of filled) {
      for (const [digest, manifest] of manifests) stored.manifests.set(digest, manifest);
      for (const [tag, digest] of tags) stored.tags.set(tag, digest);
    }
  }
  const seen: Seen = { host: registry.host, requests: registry.requests, seconds: (lastAt - firstAt) / 1000, tags: filled[0]?.tags ?? [] };
  process.send?.(seen);
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
