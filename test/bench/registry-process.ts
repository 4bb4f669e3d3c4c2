import { setTimeout as wait } from 'node:timers/promises';
import { startEmbeddedRegistry } from '../../src/demo/embedded-registry.ts';
import { image, layer } from '../../src/demo/image.ts';
import { newPushSession, push } from '../../src/demo/push.ts';

/** How the registry is to behave from now on; what it has seen is forgotten, and what was deleted is there again. */
export interface Behaviour {
  /** Milliseconds that each request takes. */
  readonly latency: number;
  /** Requests that are let through in each second; the others are answered by 429. */
  readonly rate?: number;
}

/** The answer to a behaviour, or to the word `seen`. */
export interface Seen {
  readonly host: string;
  readonly requests: readonly { readonly method: string; readonly path: string; readonly status: number }[];
  /** Of the first repository: the digest of each tag. */
  readonly tags: readonly (readonly [tag: string, digest: string])[];
}

/** The embedded registry in a process of its own, so that its work is not counted as the client's. Its parent tells it what to do. */
const [repositories = 1, each = 1] = process.argv.slice(2).map(Number);
const registry = await startEmbeddedRegistry({ referrersApi: false });
const session = newPushSession();
const base = layer('base', 2000);
const names = Array.from({ length: repositories }, (_, number) => `team/app-${number}`);
for (const name of names) {
  for (let number = 0; number < each; number++) {
    const created = new Date(Date.UTC(2026, 0, 1) + number * 60_000).toISOString();
    const thing = image({ layers: [base, layer(`${name} ${number}`, 500)], created });
    await push(registry.url, name, thing, [`build-${number}`], { session });
  }
}
const filled = names.map((name) => {
  const { manifests, tags } = registry.storage.repository(name);
  return { name, manifests: [...manifests], tags: [...tags] };
});

let behaviour: Behaviour = { latency: 0 };
let second = 0;
let passed = 0;
registry.onRequest(async () => {
  const { latency, rate } = behaviour;
  if (latency > 0) await wait(latency);
  if (rate === undefined) return undefined;
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) [second, passed] = [now, 0];
  passed += 1;
  return passed > rate ? { status: 429, headers: { 'retry-after': '1' } } : undefined;
});

process.on('message', (asked: Behaviour | 'seen') => {
  if (asked !== 'seen') {
    behaviour = asked;
    registry.requests.length = 0;
    for (const { name, manifests, tags } of filled) {
      const stored = registry.storage.repository(name);
      for (const [digest, manifest] of manifests) stored.manifests.set(digest, manifest);
      for (const [tag, digest] of tags) stored.tags.set(tag, digest);
    }
  }
  const seen: Seen = { host: registry.host, requests: registry.requests, tags: filled[0]?.tags ?? [] };
  process.send?.(seen);
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
